// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/** The words of the pages in Japanese and English, and the switch between the two. */
const words = {
  onAir: ["配信中", "On the air"],
  publish: ["配信する", "Publish"],
  nothingOnAir: ["現在、配信はありません。", "Nothing is on the air right now."],
  unreachable: ["ゲートウェイに接続できません。自動で再接続します。", "The gateway does not answer. Trying again."],
  howToPublish: ["配信のはじめかた", "Put something on the air"],
  publishHere: ["このブラウザーから：カメラまたは画面", "From this browser: camera or screen"],
  publishOBS: ["OBS から：設定 → 配信 → サービス「WHIP」、サーバー", "From OBS: Settings, Stream, service WHIP, server"],
  publishFFmpeg: ["FFmpeg から：", "From FFmpeg:"],
  needsToken: [
    "配信には、ストリームキーまたは Bearer トークンが必要です。",
    "Publishing needs a stream key or a bearer token.",
  ],
  stateLive: ["配信中", "live"],
  stateConnecting: ["接続中", "connecting"],
  stateWaiting: ["配信者を待っています", "waiting for its publisher"],
  since: ["開始", "since"],
  watch: ["視聴する", "Watch"],
  loading: ["読み込み中…", "Loading…"],
  waiting: ["配信が始まるのを待っています…", "Waiting for a publisher…"],
  connecting: ["接続しています…", "Connecting…"],
  playing: ["再生中", "Playing"],
  stalled: ["映像が届いていません…", "No picture is coming in…"],
  refused: ["サーバーに拒否されました。自動で再試行します。", "The server refused. Trying again."],
  unmute: ["音声をオンにする", "Sound on"],
  mute: ["ミュート", "Mute"],
  fullscreen: ["全画面", "Full screen"],
  state: ["状態", "State"],
  resolution: ["解像度", "Resolution"],
  frameRate: ["フレーム/秒", "Frames/s"],
  bitrate: ["ビットレート", "Bit rate"],
  codecs: ["コーデック", "Codecs"],
  lost: ["損失パケット", "Lost packets"],
  duration: ["配信時間", "On the air for"],
  elsewhereTitle: ["SkyWay で視聴する", "Watch it with SkyWay"],
  elsewhereText: [
    "このゲートウェイは SkyWay のアカウントへ配信しています。視聴は SkyWay の SDK で行います。",
    "This gateway publishes to a SkyWay account, and what is published there is watched with SkyWay's SDK.",
  ],
  elsewhereToken: ["トークンを発行します：skyway-whip-gateway token", "Make a token: skyway-whip-gateway token"],
  elsewhereJoin: [
    "SDK でこのチャンネルに参加し、ゲートウェイの Publication を購読します：",
    "Join this channel with the SDK and subscribe to the gateway's publications:",
  ],
  insecureTitle: ["このページではカメラと画面を使えません", "The browser gives no camera to this page"],
  insecureText: [
    "ブラウザーがカメラや画面を許可するのは https か localhost のページだけです。次のどれかで使えます。",
    "Browsers allow camera and screen only on https and on localhost. One of these helps:",
  ],
  insecureLocal: ["ゲートウェイのマシンで開く：", "On the gateway's own machine, open"],
  insecureTunnel: ["手元のマシンからトンネルを作り、上のアドレスを開く：", "From here, make a tunnel and then open that address:"],
  insecureProxy: [
    "証明書のあるリバースプロキシをゲートウェイの前に置く。",
    "Put a reverse proxy with a certificate in front of the gateway.",
  ],
  insecureOBS: ["OBS と FFmpeg なら、このまま配信できます。", "OBS and FFmpeg publish without any of this."],
  source: ["ソース", "Source"],
  camera: ["カメラとマイク", "Camera and microphone"],
  screen: ["画面", "Screen"],
  cameraDevice: ["カメラ", "Camera"],
  microphone: ["マイク", "Microphone"],
  processing: ["ノイズとエコーを抑える", "Suppress noise and echo"],
  channel: ["チャンネル", "Channel"],
  channelHint: ["設定どおり", "as configured"],
  token: ["ストリームキー", "Stream key"],
  tokenHint: ["なし", "none"],
  tokenRequired: ["必須", "required"],
  videoCodec: ["映像コーデック", "Video codec"],
  automatic: ["自動", "Automatic"],
  defaultDevice: ["既定", "Default"],
  none: ["使わない", "None"],
  start: ["配信開始", "Start"],
  stop: ["停止", "Stop"],
  idle: ["カメラまたは画面を選び、配信を開始してください。", "Choose a source and start."],
  asking: ["ブラウザーの許可を待っています…", "Waiting for the browser's permission…"],
  live: ["配信中", "On the air"],
  reconnecting: ["再接続しています…", "Connecting again…"],
  ended: ["終了しました。", "Ended."],
  denied: [
    "ブラウザーに拒否されました。カメラ、マイク、画面の許可を確認してください。",
    "The browser refused. Check the permission for camera, microphone or screen.",
  ],
  noDevice: ["カメラまたはマイクが見つかりません。", "There is no such camera or microphone."],
  failed: ["配信できませんでした。", "Could not publish."],
  watchIt: ["この配信を視聴する", "Watch it"],
};

const supported = ["ja", "en"];
let language = pick(navigator.languages ?? [navigator.language]);
const listeners = [];

function pick(wanted) {
  const asked = new URLSearchParams(location.search).get("lang");
  const order = [asked, localStorage.getItem("language"), ...wanted.map((tag) => tag.slice(0, 2)), "en"];
  return order.find((tag) => supported.includes(tag));
}

/** The words of a key in the language chosen. */
export function text(key) {
  return words[key]?.[supported.indexOf(language)] ?? key;
}

/** A time of day or a number as people of the language write it. */
export function format(value, options) {
  return value instanceof Date ? value.toLocaleTimeString(language, options) : value.toLocaleString(language, options);
}

/** A bit rate for people. */
export function formatBitrate(bits) {
  if (bits < 1e6) return `${Math.round(bits / 1000)} kbit/s`;
  return `${format(bits / 1e6, { maximumFractionDigits: 1 })} Mbit/s`;
}

/** Calls `listener` whenever the language changes, after the page's fixed words have changed. */
export function onLanguageChange(listener) {
  listeners.push(listener);
}

/** Offers only the languages that the configuration lists, and puts its version at the foot of the page. */
export function applyConfiguration({ languages = supported, version = "" }) {
  const allowed = languages.filter((tag) => supported.includes(tag));
  if (allowed.length && !allowed.includes(language)) setLanguage(allowed[0]);
  document.getElementById("language").hidden = allowed.length < 2;
  document.getElementById("version").textContent = version && `skyway-whip-gateway ${version}`;
}

function setLanguage(tag) {
  language = tag;
  document.documentElement.lang = tag;
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = text(element.dataset.text);
  for (const element of document.querySelectorAll("[data-placeholder]")) {
    element.placeholder = text(element.dataset.placeholder);
  }
  const other = tag === "ja" ? "en" : "ja";
  const button = document.getElementById("language");
  button.textContent = { ja: "日本語", en: "English" }[other];
  button.lang = other;
  for (const listener of listeners) listener();
}

document.getElementById("language").addEventListener("click", () => {
  const other = language === "ja" ? "en" : "ja";
  localStorage.setItem("language", other);
  setLanguage(other);
});
setLanguage(language);
