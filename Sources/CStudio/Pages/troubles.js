// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/** What went wrong, in words that say what to do: [Japanese, English] by reason. */
export const troubles = {
  cannotConnect: [
    "{0} に接続できません。ホストが正しいか、サーバーが起動しているか、トークンとシークレットキーが合っているかを確認してください。",
    "{0} lets nobody in. Check the host, that the server runs, and that the token and its secret key are right.",
  ],
  cannotReconnect: [
    "{0} への再接続をあきらめました。ネットワークとサーバーを確認して、もう一度接続してください。",
    "{0} does not come back. Check the network and the server, then connect again.",
  ],
  badAddress: ["{0} は接続できるアドレスではありません。", "{0} is no address to connect to."],
  connectionClosed: ["接続は閉じられています。もう一度接続してください。", "The connection is closed. Connect again."],
  noAnswer: ["{0} に応答がありません。サーバーを確認してください。", "{0} got no answer. Check the server."],
  noEvent: [
    "サーバーから期待したイベントが届きませんでした。イベントログを確認してください。",
    "The event that should have followed did not come. The event log shows what did.",
  ],
  usageLimit: [
    "プランの利用上限に達しました。SkyWay のコンソールで確認してください。",
    "The plan's usage limit is reached. See SkyWay's console.",
  ],
  channelEnded: ["チャンネルは終了しました。", "The channel has ended."],
  removed: [
    "チャンネルから退出しました（退出させられたか、期限が切れました）。必要なら、もう一度参加してください。",
    "You are in the channel no more: removed by somebody, or timed out. Join again if you like.",
  ],
  tokenNotJWT: [
    "トークンとして読めません。「.」で区切られた 3 つの部分をすべて貼り付けてください。",
    "This is no token. Paste all three parts with the dots between them.",
  ],
  tokenNoApp: [
    "トークンにアプリケーション ID がありません。SkyWay Auth Token か確認してください（Admin Token ではありません）。",
    "The token names no application. It has to be a SkyWay Auth Token, not an Admin Token.",
  ],
  tokenNoTime: ["トークンに iat と exp がありません。", "The token has no iat and exp."],
  tokenCannotSign: [
    "このページでは署名できません（https か localhost が必要です）。トークンを貼り付けてください。",
    "This page can't sign (that needs https or localhost). Paste a token instead.",
  ],
  needsCredentials: [
    "アプリケーション ID とシークレットキーを入力してください。",
    "Fill in the application id and the secret key.",
  ],
  otherApp: [
    "別のアプリケーションのトークンには更新できません。切断してから接続し直してください。",
    "A token of another application can't take over. Disconnect, then connect with it.",
  ],
  tokenRefused: [
    "トークンが拒否されました：{0}。シークレットキーと有効期限を確認し、トークンを更新してください。",
    "The token was refused: {0} Check secret key and lifetime, then update the token.",
  ],
  notPermitted: [
    "トークンの権限が足りません（{0}）。この操作を許可するトークンを使ってください。",
    "The token does not allow this ({0}). Use one whose scope does.",
  ],
  limitReached: [
    "上限に達しています：{0}。不要なメンバー・公開・購読を終了してください。",
    "A limit is reached: {0} End members, publications or subscriptions that nobody needs.",
  ],
  channelNotFound: [
    "そのチャンネルはありません。名前や ID を確認するか、「作成」してください。",
    "There is no such channel. Check the name or id, or create it.",
  ],
  gone: ["対象がもうありません：{0}", "It is not there any more: {0}"],
  nameTaken: [
    "同じ名前のチャンネルがあります。「検索」で開いてください。",
    "A channel of this name exists. Open it with “Find”.",
  ],
  memberNameTaken: [
    "同じ名前のメンバーがいます。別の名前にするか、そのメンバーの退出を待ってください。",
    "A member of this name is in the channel. Take another name, or wait until it has left.",
  ],
  subscribedAlready: ["すでに購読しています。", "It is subscribed to already."],
  tooOften: ["呼び出しが多すぎます。少し待ってください。", "Too many calls. Wait a little."],
  badParameters: [
    "入力が正しくありません：{0}。名前に使えるのは英数字と -._%* の 128 文字までです。",
    "Something typed does not fit: {0} Names have up to 128 letters, digits and -._%*.",
  ],
  callFailed: ["サーバーがエラーを返しました：{0}", "The server answered with an error: {0}"],
  sfuUnreachable: [
    "SFU API に接続できません。SFU API のホストを確認してください。",
    "The SFU API does not answer. Check its host.",
  ],
  notConfirmed: [
    "公開者がこの購読を承認していません。公開しているページやゲートウェイが動いているか確認してください。",
    "The publisher has not confirmed this subscription. See that the page or gateway that publishes still runs.",
  ],
  nothingProduced: [
    "まだ映像や音声が送られていません。少し待ってから、もう一度購読してください。",
    "Nothing is sent yet. Wait a moment and subscribe again.",
  ],
  tooManyViewers: [
    "この公開の最大視聴者数に達しています。ほかの購読が終わるのを待つか、公開者が上限を上げて公開し直してください。",
    "This publication has all the viewers it may have. Wait for one to end, or have it published with a higher limit.",
  ],
  notOurs: [
    "転送を開始できるのは、このページが公開しているものだけです。",
    "Only what this page itself publishes can be forwarded from here.",
  ],
  notForwarded: [
    "まだ SFU に転送されていません。「転送を開始」の後、「SFU からの中継」を購読してください。",
    "It is not forwarded yet. Start forwarding, then subscribe to the publication relayed by the SFU.",
  ],
  notJoined: ["先にチャンネルに参加してください。", "Join the channel first."],
  notReceiving: ["この購読はこのページで受信していません。", "This page does not receive that subscription."],
  noSuchEncoding: ["「{0}」というエンコードはありません。", "There is no encoding “{0}”."],
  transportUnknown: [
    "SFU が知らないトランスポートを指定しました。退出してから、もう一度参加してください。",
    "The SFU named a transport that was never told. Leave, then join again.",
  ],
  transportLost: [
    "SFU とのメディア接続が切れ、再接続もできませんでした。ネットワークを確認し、退出してから参加し直してください。",
    "The media connection to the SFU is gone and did not come back. Check the network, leave, and join again.",
  ],
  unsupportedCodec: [
    "ブラウザーと SFU に共通の {0} がありません。別のコーデックを選んでください。",
    "Browser and SFU have no {0} in common. Choose another codec.",
  ],
  denied: [
    "ブラウザーが許可しませんでした。アドレスバーの設定で許可するか、テスト映像を使ってください。",
    "The browser did not allow it. Allow it beside the address, or publish the test picture.",
  ],
  noDevice: [
    "カメラやマイクが見つかりません。接続を確認するか、テスト映像を使ってください。",
    "No camera or microphone was found. Plug one in, or publish the test picture.",
  ],
  noCapture: [
    "このページではカメラと画面を使えません（https か localhost が必要です）。テスト映像を使ってください。",
    "The browser gives no camera or screen to this page (that needs https or localhost). Publish the test picture.",
  ],
  nothingChosen: ["映像か音声を選んでください。", "Choose video, audio or both."],
  needsName: ["チャンネルの名前か ID を入力してください。", "Fill in the name or id of the channel."],
  sdkMissing: [
    "公式 SDK を読み込めませんでした。SKYWAY_SDK_JS を確認してください。",
    "The official SDK could not be loaded. Check SKYWAY_SDK_JS.",
  ],
  sdkSays: ["SDK のエラー：{0}", "The SDK says: {0}"],
  unexpected: ["予期しないエラー：{0}", "Unexpected: {0}"],
};
