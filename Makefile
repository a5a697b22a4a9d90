# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0

.PHONY: demo setup test test-long lint bench clip

demo: ; @scripts/demo $(ARGS)
setup: ; @scripts/setup $(ARGS)
test: ; @scripts/test $(ARGS)
test-long: ; @scripts/test-long $(PART)
lint: ; @scripts/lint
bench: ; @scripts/bench $(ARGS)
clip: ; @scripts/make-clip
