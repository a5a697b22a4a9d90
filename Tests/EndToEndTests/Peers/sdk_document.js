// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

// The page of docs/local.md, as it is written there, open twice: each sees and hears the other.
import { eventually } from "./sdk_page.js";

async function open() {
  const frame = document.createElement("iframe");
  Object.assign(frame, { src: "document/", width: 400, height: 300 });
  const loaded = new Promise((done) => (frame.onload = done));
  document.documentElement.append(frame);
  await loaded;
  return frame.contentDocument;
}

const isPublishing = (page) => page.getElementById("status").textContent.includes("publishes in studio");

/** The numbers of the test picture in the page's video. */
async function numbers(page) {
  const find = () => page.querySelector("#others video");
  const { answer: video } = await eventually(15, "a video of the other page", find);
  const seen = [];
  await eventually(10, "its stream", () => video.srcObject);
  window.testPicture.readFrames(video.srcObject.getVideoTracks()[0].clone(), (number) => seen.push(number));
  await eventually(15, "45 numbers", () => seen.filter((number) => number !== null).length >= 45);
  return seen;
}

export async function twice() {
  const first = await open();
  first.getElementById("join").click();
  await eventually(15, "that the first publishes", () => isPublishing(first));
  const second = await open();
  second.getElementById("join").click();
  await eventually(15, "that the second publishes", () => isPublishing(second));
  const pages = [first, second], seen = await Promise.all(pages.map(numbers));
  return {
    numbers: seen,
    elements: pages.map((page) => [...page.querySelectorAll("#others > *")].map(({ localName }) => localName).sort()),
    playing: pages.map((page) => [...page.querySelectorAll("#others > *")].map(({ currentTime }) => currentTime > 1)),
  };
}
