// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/** The words of the page in Japanese and English, and which of them are shown. */
const words = {
  state: ["状態", "State"],
  studio: ["スタジオ", "Studio"],
  unreachable: ["サーバーが応答しません。", "The server does not answer."],
  noChannels: ["チャンネルはまだありません。", "There is no channel yet."],
  transports: ["トランスポート", "Transports"],
  connections: ["RTC API のソケット", "Sockets of the RTC API"],
  faults: ["有効な障害", "Faults in force"],
  faultLabel: ["障害の名前と項目", "A fault and its fields"],
  inject: ["起こす", "Inject"],
  clear: ["解除", "Clear"],
  clearAll: ["すべて解除", "Clear all"],
  events: ["イベント", "Events"],
  none: ["ありません。", "None."],
  time: ["サーバーの時計", "Server's clock"],
  channels: ["チャンネル", "Channels"],
  members: ["メンバー", "Members"],
  publications: ["パブリケーション", "Publications"],
  subscriptions: ["サブスクリプション", "Subscriptions"],
  forwardings: ["フォワーディング", "Forwardings"],
  version: ["バージョン", "version"],
  name: ["名前", "Name"],
  kind: ["種類", "Kind"],
  ttl: ["残り時間", "Time left"],
  forever: ["無期限", "stays"],
  publisher: ["送信者", "Publisher"],
  subscriber: ["受信者", "Subscriber"],
  stream: ["ストリーム", "Stream"],
  origin: ["中継元", "Relay of"],
  enabled: ["有効", "Enabled"],
  confirmed: ["承認", "Confirmed"],
  maximum: ["上限", "At most"],
  yes: ["はい", "yes"],
  no: ["いいえ", "no"],
  id: ["ID", "Id"],
  member: ["メンバー", "Member"],
  direction: ["方向", "Direction"],
  sending: ["送信", "sends"],
  receiving: ["受信", "receives"],
  connected: ["接続", "Connected"],
  address: ["相手のアドレス", "Remote address"],
  received: ["受信", "In"],
  sent: ["送信", "Out"],
  packets: ["パケット", "Packets"],
  lost: ["損失", "Lost"],
  roundTrip: ["往復時間", "Round trip"],
  layers: ["レイヤー", "Layers"],
  fault: ["障害", "Fault"],
  remaining: ["残り回数", "Left"],
  hits: ["発生回数", "Struck"],
};

const languages = ["ja", "en"];
const listeners = [];
let language = choose();

function choose() {
  const asked = new URLSearchParams(location.search).get("lang");
  const preferred = (navigator.languages ?? [navigator.language]).map((tag) => tag.slice(0, 2));
  return [asked, localStorage.getItem("language"), ...preferred, "en"].find((tag) => languages.includes(tag));
}

/** The words of a key in the language chosen. */
export function text(key) {
  return words[key]?.[languages.indexOf(language)] ?? key;
}

/** A number as people of the language write it. */
export function number(value, options) {
  return value.toLocaleString(language, options);
}

/** A time of day as people of the language write it. */
export function time(milliseconds) {
  return new Date(milliseconds).toLocaleTimeString(language);
}

/** Calls `listener` whenever the language changes, after the page's fixed words have changed. */
export function onLanguageChange(listener) {
  listeners.push(listener);
}

function show(tag) {
  language = tag;
  document.documentElement.lang = tag;
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = text(element.dataset.text);
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", text(element.dataset.label));
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
  show(other);
});
show(language);
