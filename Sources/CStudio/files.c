// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

#include "CStudio.h"

// `#embed` is known to every compiler of a Swift 6.3 toolchain and is tracked as a dependency; as literals of Swift
// the same files would take half a minute of each build.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const uint8_t app_js[] = {
#embed "Pages/app.js"
};
static const uint8_t channel_js[] = {
#embed "Pages/channel.js"
};
static const uint8_t charts_js[] = {
#embed "Pages/charts.js"
};
static const uint8_t connection_js[] = {
#embed "Pages/connection.js"
};
static const uint8_t dom_js[] = {
#embed "Pages/dom.js"
};
static const uint8_t engine_builtin_js[] = {
#embed "Pages/engine-builtin.js"
};
static const uint8_t engine_sdk_js[] = {
#embed "Pages/engine-sdk.js"
};
static const uint8_t engine_js[] = {
#embed "Pages/engine.js"
};
static const uint8_t explain_js[] = {
#embed "Pages/explain.js"
};
static const uint8_t items_js[] = {
#embed "Pages/items.js"
};
static const uint8_t log_js[] = {
#embed "Pages/log.js"
};
static const uint8_t ortc_js[] = {
#embed "Pages/ortc.js"
};
static const uint8_t publishing_js[] = {
#embed "Pages/publishing.js"
};
static const uint8_t rtcapi_js[] = {
#embed "Pages/rtcapi.js"
};
static const uint8_t sdp_js[] = {
#embed "Pages/sdp.js"
};
static const uint8_t sfuapi_js[] = {
#embed "Pages/sfuapi.js"
};
static const uint8_t sources_js[] = {
#embed "Pages/sources.js"
};
static const uint8_t statistics_js[] = {
#embed "Pages/statistics.js"
};
static const uint8_t studio_css[] = {
#embed "Pages/studio.css"
};
static const uint8_t studio_html[] = {
#embed "Pages/studio.html"
};
static const uint8_t studio_js[] = {
#embed "Pages/studio.js"
};
static const uint8_t subscribing_js[] = {
#embed "Pages/subscribing.js"
};
static const uint8_t ticker_js[] = {
#embed "Pages/ticker.js"
};
static const uint8_t token_js[] = {
#embed "Pages/token.js"
};
static const uint8_t transport_js[] = {
#embed "Pages/transport.js"
};
static const uint8_t troubles_js[] = {
#embed "Pages/troubles.js"
};
static const uint8_t words_js[] = {
#embed "Pages/words.js"
};

static const struct cstudio_file files[] = {
    {"app.js", app_js, sizeof app_js},
    {"channel.js", channel_js, sizeof channel_js},
    {"charts.js", charts_js, sizeof charts_js},
    {"connection.js", connection_js, sizeof connection_js},
    {"dom.js", dom_js, sizeof dom_js},
    {"engine-builtin.js", engine_builtin_js, sizeof engine_builtin_js},
    {"engine-sdk.js", engine_sdk_js, sizeof engine_sdk_js},
    {"engine.js", engine_js, sizeof engine_js},
    {"explain.js", explain_js, sizeof explain_js},
    {"items.js", items_js, sizeof items_js},
    {"log.js", log_js, sizeof log_js},
    {"ortc.js", ortc_js, sizeof ortc_js},
    {"publishing.js", publishing_js, sizeof publishing_js},
    {"rtcapi.js", rtcapi_js, sizeof rtcapi_js},
    {"sdp.js", sdp_js, sizeof sdp_js},
    {"sfuapi.js", sfuapi_js, sizeof sfuapi_js},
    {"sources.js", sources_js, sizeof sources_js},
    {"statistics.js", statistics_js, sizeof statistics_js},
    {"studio.css", studio_css, sizeof studio_css},
    {"studio.html", studio_html, sizeof studio_html},
    {"studio.js", studio_js, sizeof studio_js},
    {"subscribing.js", subscribing_js, sizeof subscribing_js},
    {"ticker.js", ticker_js, sizeof ticker_js},
    {"token.js", token_js, sizeof token_js},
    {"transport.js", transport_js, sizeof transport_js},
    {"troubles.js", troubles_js, sizeof troubles_js},
    {"words.js", words_js, sizeof words_js},
};

const struct cstudio_file *cstudio_files(void) { return files; }

size_t cstudio_count(void) { return sizeof files / sizeof *files; }
