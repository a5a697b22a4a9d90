// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

#ifndef FLOOR_SRTP_H
#define FLOOR_SRTP_H

#include <openssl/evp.h>
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// SRTP of one direction on OpenSSL's EVP calls, keys set once: the calls that the gateway makes.

/// How packets are protected.
enum srtp_profile { SRTP_GCM, SRTP_CM };

/// The session keys of one direction.
struct srtp_cipher {
    enum srtp_profile profile;
    EVP_CIPHER_CTX *context;
    uint8_t salt[16];
    /// HMAC-SHA1 after its key, for AES-CM.
    SHA_CTX inner, outer;
    /// Bytes of an authentication tag.
    size_t tag_length;
};

/// Sets the keys, given as hexadecimal text; `authentication` is ignored for GCM. False when they can't be used.
bool srtp_cipher_open(struct srtp_cipher *cipher, enum srtp_profile profile, bool protects, const char *encryption,
                      const char *authentication, const char *salt);

/// Takes the protection off in place; false when the tag is wrong.
bool srtp_unprotect(struct srtp_cipher *cipher, uint8_t *packet, size_t length, size_t header_length, uint32_t ssrc,
                    uint64_t index);

/// Protects a packet whose header is in its place; the payload is taken from `text`, which may be its place. The tag
/// follows, for which there is room.
bool srtp_protect(struct srtp_cipher *cipher, uint8_t *packet, const uint8_t *text, size_t length, size_t header_length,
                  uint32_t ssrc, uint64_t index);

#endif
