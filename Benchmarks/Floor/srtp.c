// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

#define OPENSSL_SUPPRESS_DEPRECATED
#include "srtp.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

/// Reads hexadecimal text and says how many bytes it has; 0 when it is not that.
static size_t read_hex(const char *text, uint8_t *bytes, size_t capacity) {
    size_t count = strlen(text) / 2;
    if (strlen(text) % 2 != 0 || count > capacity) return 0;
    for (size_t index = 0; index < count; index++) {
        unsigned value;
        if (sscanf(text + 2 * index, "%2x", &value) != 1) return 0;
        bytes[index] = (uint8_t)value;
    }
    return count;
}

/// SHA-1 after the key block of an HMAC.
static void open_state(SHA_CTX *state, const uint8_t key[20], uint8_t mask) {
    uint8_t block[64] = {0};
    memcpy(block, key, 20);
    for (size_t index = 0; index < sizeof block; index++) block[index] ^= mask;
    SHA1_Init(state);
    SHA1_Update(state, block, sizeof block);
}

bool srtp_cipher_open(struct srtp_cipher *cipher, enum srtp_profile profile, bool protects, const char *encryption,
                      const char *authentication, const char *salt) {
    uint8_t key[16], code_key[20];
    memset(cipher, 0, sizeof *cipher);
    cipher->profile = profile;
    cipher->tag_length = profile == SRTP_GCM ? 16 : 10;
    if (read_hex(encryption, key, sizeof key) != sizeof key) return false;
    if (read_hex(salt, cipher->salt, sizeof cipher->salt) != (profile == SRTP_GCM ? 12 : 14)) return false;
    if (profile == SRTP_CM) {
        if (read_hex(authentication, code_key, sizeof code_key) != sizeof code_key) return false;
        open_state(&cipher->inner, code_key, 0x36);
        open_state(&cipher->outer, code_key, 0x5c);
    }
    cipher->context = EVP_CIPHER_CTX_new();
    const EVP_CIPHER *kind = profile == SRTP_GCM ? EVP_aes_128_gcm() : EVP_aes_128_ctr();
    return cipher->context && EVP_CipherInit_ex(cipher->context, kind, NULL, key, NULL, protects ? 1 : 0) == 1;
}

/// Begins a packet: RFC 3711 §4.1.1, RFC 7714 §8.1.
static bool begin(struct srtp_cipher *cipher, uint32_t ssrc, uint64_t index) {
    uint8_t iv[16];
    memcpy(iv, cipher->salt, sizeof iv);
    size_t end = cipher->profile == SRTP_GCM ? 12 : 14;
    for (size_t place = 0; place < 6; place++) iv[end - 1 - place] ^= (uint8_t)(index >> (8 * place));
    for (size_t place = 0; place < 4; place++) iv[end - 7 - place] ^= (uint8_t)(ssrc >> (8 * place));
    return EVP_CipherInit_ex(cipher->context, NULL, NULL, NULL, iv, -1) == 1;
}

/// Encrypts or decrypts, in place where both are the same.
static bool apply(struct srtp_cipher *cipher, uint8_t *result, const uint8_t *text, size_t length) {
    int written;
    return EVP_CipherUpdate(cipher->context, result, &written, text, (int)length) == 1;
}

/// The code of a packet and its rollover counter (RFC 3711 §4.2).
static void authenticate(const struct srtp_cipher *cipher, const uint8_t *packet, size_t length, uint64_t index,
                         uint8_t code[20]) {
    SHA_CTX state = cipher->inner;
    uint32_t rollover = (uint32_t)(index >> 16);
    uint8_t bytes[4] = {(uint8_t)(rollover >> 24), (uint8_t)(rollover >> 16), (uint8_t)(rollover >> 8),
                        (uint8_t)rollover};
    SHA1_Update(&state, packet, length);
    SHA1_Update(&state, bytes, sizeof bytes);
    SHA1_Final(code, &state);
    state = cipher->outer;
    SHA1_Update(&state, code, 20);
    SHA1_Final(code, &state);
}

bool srtp_unprotect(struct srtp_cipher *cipher, uint8_t *packet, size_t length, size_t header_length, uint32_t ssrc,
                    uint64_t index) {
    int written;
    uint8_t code[20];
    size_t plain_length = length - cipher->tag_length;
    uint8_t *tag = packet + plain_length;
    if (cipher->profile == SRTP_CM) {
        authenticate(cipher, packet, plain_length, index, code);
        if (CRYPTO_memcmp(code, tag, cipher->tag_length) != 0) return false;
        return begin(cipher, ssrc, index) && apply(cipher, packet + header_length, packet + header_length, plain_length - header_length);
    }
    return begin(cipher, ssrc, index) &&
           EVP_CipherUpdate(cipher->context, NULL, &written, packet, (int)header_length) == 1 &&
           apply(cipher, packet + header_length, packet + header_length, plain_length - header_length) &&
           EVP_CIPHER_CTX_ctrl(cipher->context, EVP_CTRL_AEAD_SET_TAG, (int)cipher->tag_length, tag) == 1 &&
           EVP_CipherFinal_ex(cipher->context, code, &written) == 1;
}

bool srtp_protect(struct srtp_cipher *cipher, uint8_t *packet, const uint8_t *text, size_t length, size_t header_length,
                  uint32_t ssrc, uint64_t index) {
    int written;
    uint8_t code[20];
    if (!begin(cipher, ssrc, index)) return false;
    if (cipher->profile == SRTP_CM) {
        if (!apply(cipher, packet + header_length, text, length - header_length)) return false;
        authenticate(cipher, packet, length, index, code);
        memcpy(packet + length, code, cipher->tag_length);
        return true;
    }
    return EVP_CipherUpdate(cipher->context, NULL, &written, packet, (int)header_length) == 1 &&
           apply(cipher, packet + header_length, text, length - header_length) &&
           EVP_CipherFinal_ex(cipher->context, code, &written) == 1 &&
           EVP_CIPHER_CTX_ctrl(cipher->context, EVP_CTRL_AEAD_GET_TAG, (int)cipher->tag_length, packet + length) == 1;
}
