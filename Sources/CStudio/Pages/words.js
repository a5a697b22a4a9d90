// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import { troubles } from "./troubles.js";

/** The words of the page in Japanese and English, and the switch between the two. `{0}` is filled in. */
const words = {
  ...troubles,
  engine: ["エンジン", "Engine"],
  engineBuiltIn: ["内蔵", "built-in"],
  engineSDK: ["公式 SDK", "official SDK"],
  engineSDKMissing: ["公式 SDK（SKYWAY_SDK_JS 未設定）", "official SDK (SKYWAY_SDK_JS not set)"],
  engineSDKHint: [
    "公式 SDK では、ボットと転送は SDK が自動で行います。",
    "With the official SDK, bots and forwardings are the SDK's own business.",
  ],
  stateClosed: ["未接続", "not connected"],
  stateOpening: ["接続中…", "connecting…"],
  stateOpen: ["接続済み", "connected"],
  stateReconnecting: ["再接続中…", "reconnecting…"],

  connection: ["1. 接続", "1. Connection"],
  service: ["接続先", "Service"],
  serviceLocal: ["このサーバー（SkyWayLocal）", "This server (SkyWayLocal)"],
  serviceSkyWay: ["SkyWay（自分のアカウント）", "SkyWay (your own account)"],
  serviceOther: ["その他", "Other hosts"],
  hostRTC: ["RTC API のホスト", "RTC API host"],
  hostSFU: ["SFU API のホスト", "SFU API host"],
  hostICE: ["ICE パラメーターのホスト", "ICE parameters host"],
  hostSecure: ["TLS を使う", "Use TLS"],
  tokenFrom: ["トークン", "Token"],
  tokenSign: ["このページで署名する", "Sign one in this page"],
  tokenPaste: ["貼り付ける", "Paste one"],
  appId: ["アプリケーション ID", "Application id"],
  secret: ["シークレットキー", "Secret key"],
  secretHint: [
    "シークレットキーはこのページの中で署名だけに使い、どこにも送信しません。",
    "The secret key signs tokens in this page and is sent nowhere.",
  ],
  tokenVersion: ["バージョン", "Version"],
  lifetime: ["有効期間（秒）", "Lifetime (seconds)"],
  tokenText: ["SkyWay Auth Token", "SkyWay Auth Token"],
  insecure: [
    "このページは https でも localhost でもないため、ブラウザーは署名・カメラ・画面を許可しません。トークンは"
      + "「skyway-whip-gateway token make」で作成して貼り付け、映像はテスト映像を使ってください。",
    "This page is neither on https nor on localhost, so the browser gives it no signing, camera or screen. Make a "
      + "token with “skyway-whip-gateway token make”, paste it, and publish the test picture.",
  ],
  connect: ["接続する", "Connect"],
  disconnect: ["切断する", "Disconnect"],
  updateToken: ["トークンを更新", "Update token"],
  tokenRemaining: ["残り時間", "Time left"],
  tokenExpires: ["有効期限", "Expires"],
  tokenIssued: ["発行", "Issued"],
  tokenScope: ["トークンの中身", "What the token says"],
  tokenExpired: ["期限切れ", "expired"],
  tokenSoon: ["まもなく期限切れです。「トークンを更新」を押してください。", "It runs out soon: press “Update token”."],

  channel: ["2. チャンネル", "2. Channel"],
  channelBy: ["検索方法", "By"],
  name: ["名前", "Name"],
  id: ["ID", "Id"],
  metadata: ["メタデータ", "Metadata"],
  optional: ["省略可", "optional"],
  create: ["作成", "Create"],
  find: ["検索", "Find"],
  findOrCreate: ["検索または作成", "Find or create"],
  closeView: ["閉じる", "Close view"],
  terminateChannel: ["チャンネルを終了", "End the channel"],
  terminateChannelAsk: [
    "チャンネル「{0}」を全員に対して終了しますか？",
    "End the channel “{0}” for everybody in it?",
  ],
  noChannel: [
    "接続してから、チャンネルを作成または検索してください。",
    "Connect first, then create or find a channel.",
  ],
  unnamed: ["（名前なし）", "(no name)"],
  memberName: ["メンバー名", "Member name"],
  join: ["参加する", "Join"],
  leave: ["退出する", "Leave"],
  another: ["視聴用に別のタブで開く", "Open a second tab to watch from"],
  editMetadataShort: ["メタデータを編集", "Edit metadata"],
  save: ["保存", "Save"],
  cancel: ["キャンセル", "Cancel"],
  editMetadata: ["メタデータの編集：{0}", "Metadata of {0}"],
  end: ["終了する", "End it"],

  publish: ["3. 公開", "3. Publish"],
  source: ["映像と音声", "Source"],
  sourceTest: ["テスト映像と音", "Test picture and tone"],
  sourceCamera: ["カメラとマイク", "Camera and microphone"],
  sourceScreen: ["画面", "Screen"],
  video: ["映像", "Video"],
  audio: ["音声", "Audio"],
  codec: ["コーデック", "Codec"],
  encodings: ["エンコード数", "Encodings"],
  encodings1: ["1（単一）", "1 (single)"],
  encodings2: ["2（low・high）", "2 (low, high)"],
  encodings3: ["3（low・mid・high）", "3 (low, mid, high)"],
  vp9Hint: ["VP9 のサイマルキャストは SFU が対応していません。", "The SFU takes VP9 in one encoding only."],
  maxSubscribers: ["最大視聴者数", "Most viewers"],
  route: ["経路", "Route"],
  routeSFU: ["SFU", "SFU"],
  routeP2P: ["P2P（このページでは使えません）", "P2P (not in this page)"],
  forwardAtOnce: ["すぐに転送を開始する", "Start forwarding at once"],
  publishNow: ["公開する", "Publish"],
  createBot: ["ボットを作成", "Create a bot"],
  startForwarding: ["転送を開始", "Start forwarding"],
  stopForwarding: ["転送を停止", "Stop forwarding"],
  unpublish: ["公開を終了", "Unpublish"],

  members: ["メンバー", "Members"],
  publications: ["公開（Publication）", "Publications"],
  subscriptions: ["購読（Subscription）", "Subscriptions"],
  none: ["ありません。", "None."],
  me: ["自分", "you"],
  bot: ["ボット", "bot"],
  remove: ["退出させる", "Remove"],
  removeAsk: ["メンバー「{0}」を退出させますか？", "Remove the member “{0}”?"],
  mine: ["自分", "yours"],
  relay: ["SFU からの中継", "relayed by the SFU"],
  origin: ["配信元", "origin"],
  notForwardedYet: ["未転送", "not forwarded"],
  forwarded: ["転送中", "forwarded"],
  enabled: ["有効", "enabled"],
  disabled: ["無効", "disabled"],
  enable: ["有効にする", "Enable"],
  disable: ["無効にする", "Disable"],
  subscribe: ["購読する", "Subscribe"],
  unsubscribe: ["購読をやめる", "Unsubscribe"],
  encoding: ["エンコード", "Encoding"],
  automatic: ["自動", "automatic"],
  confirmedViewers: ["承認済みの視聴者：{0}", "viewers confirmed: {0}"],
  confirmed: ["承認済み", "confirmed"],
  by: ["公開者：{0}", "by {0}"],
  to: ["視聴者：{0}", "to {0}"],
  unmute: ["音を出す", "Sound on"],
  mute: ["ミュート", "Mute"],

  statistics: ["統計（直近 2 分）", "Statistics of the last two minutes"],
  noStatistics: ["送受信中のストリームはありません。", "Nothing is sent or received."],
  sending: ["送信の接続", "sending:"],
  receiving: ["受信の接続", "receiving:"],
  sent: ["送信", "sent"],
  received: ["受信", "received"],
  bitRate: ["ビットレート", "Bit rate"],
  frameRate: ["フレーム/秒", "Frames/s"],
  loss: ["損失", "Loss"],
  resolution: ["解像度", "Resolution"],
  log: ["イベントログ", "Event log"],
  filterHint: ["語句で絞り込み", "only lines with…"],
  clear: ["消去", "Clear"],
  dismiss: ["閉じる", "Dismiss"],
};

const supported = ["ja", "en"];
const listeners = [];
const fromAddress = new URLSearchParams(location.search).get("lang");
const preferred = navigator.languages.map((tag) => tag.split("-")[0]);
const wanted = [fromAddress, localStorage.getItem("language"), ...preferred];
let language = wanted.find((tag) => supported.includes(tag)) ?? "en";

/** A word or sentence of the page in its language. */
export function text(key, ...values) {
  const pair = words[key];
  if (!pair) return key;
  return pair[supported.indexOf(language)].replace(/\{(\d)\}/g, (_, index) => values[index] ?? "");
}

/** A number or time as people write it. */
export function format(value, options) {
  if (value instanceof Date) return new Intl.DateTimeFormat(language, options).format(value);
  return new Intl.NumberFormat(language, options).format(value);
}

/** Calls `listener` whenever the language changes, after the page's fixed words have changed. */
export function onLanguageChange(listener) {
  listeners.push(listener);
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
