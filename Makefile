# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0

.PHONY: demo setup test lint bench clip

demo: ; @scripts/demo $(ARGS)
setup: ; @scripts/setup $(ARGS)
test: ; @scripts/test $(ARGS)
lint: ; @scripts/lint
bench: ; @scripts/bench $(ARGS)
clip: ; @scripts/make-clip
