// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

// Ciphers as OpenSSL's provider implements them (provider-cipher(7)), without EVP_CIPHER_CTX between.

#ifndef COPENSSL_CIPHER_H
#define COPENSSL_CIPHER_H

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>

#include <string.h>
#include <strings.h>

// The functions of one cipher.
struct openssl_cipher {
  void *provider;
  OSSL_FUNC_cipher_newctx_fn *make_context;
  OSSL_FUNC_cipher_freectx_fn *free_context;
  OSSL_FUNC_cipher_encrypt_init_fn *begin_encryption;
  OSSL_FUNC_cipher_decrypt_init_fn *begin_decryption;
  OSSL_FUNC_cipher_update_fn *update;
  OSSL_FUNC_cipher_final_fn *finish;
  OSSL_FUNC_cipher_get_ctx_params_fn *read_parameters;
  OSSL_FUNC_cipher_set_ctx_params_fn *set_parameters;
};

// Reads a cipher's functions; 0 where one is missing.
static inline int openssl_cipher_read(struct openssl_cipher *cipher, const OSSL_DISPATCH *functions) {
  for (; functions->function_id != 0; functions++) {
    switch (functions->function_id) {
    case OSSL_FUNC_CIPHER_NEWCTX: cipher->make_context = OSSL_FUNC_cipher_newctx(functions); break;
    case OSSL_FUNC_CIPHER_FREECTX: cipher->free_context = OSSL_FUNC_cipher_freectx(functions); break;
    case OSSL_FUNC_CIPHER_ENCRYPT_INIT: cipher->begin_encryption = OSSL_FUNC_cipher_encrypt_init(functions); break;
    case OSSL_FUNC_CIPHER_DECRYPT_INIT: cipher->begin_decryption = OSSL_FUNC_cipher_decrypt_init(functions); break;
    case OSSL_FUNC_CIPHER_UPDATE: cipher->update = OSSL_FUNC_cipher_update(functions); break;
    case OSSL_FUNC_CIPHER_FINAL: cipher->finish = OSSL_FUNC_cipher_final(functions); break;
    case OSSL_FUNC_CIPHER_GET_CTX_PARAMS: cipher->read_parameters = OSSL_FUNC_cipher_get_ctx_params(functions); break;
    case OSSL_FUNC_CIPHER_SET_CTX_PARAMS: cipher->set_parameters = OSSL_FUNC_cipher_set_ctx_params(functions); break;
    default: break;
    }
  }
  return cipher->make_context && cipher->free_context && cipher->begin_encryption && cipher->begin_decryption &&
         cipher->update && cipher->finish && cipher->read_parameters && cipher->set_parameters;
}

// Finds the functions of a cipher of the default provider, which stays for as long as the process; 0 where there is none.
static inline int openssl_cipher_find(struct openssl_cipher *cipher, const char *name) {
  size_t length = strlen(name);
  int may_not_be_kept = 0, is_found = 0;
  EVP_CIPHER *fetched = EVP_CIPHER_fetch(NULL, name, NULL);
  if (!fetched) return 0;
  const OSSL_PROVIDER *provider = EVP_CIPHER_get0_provider(fetched);
  const OSSL_ALGORITHM *algorithm = OSSL_PROVIDER_query_operation(provider, OSSL_OP_CIPHER, &may_not_be_kept);
  // Each has one or more names, with colons between.
  for (; algorithm && algorithm->algorithm_names && !is_found; algorithm++) {
    char end = strncasecmp(algorithm->algorithm_names, name, length) == 0 ? algorithm->algorithm_names[length] : ' ';
    is_found = (end == ':' || end == '\0') && openssl_cipher_read(cipher, algorithm->implementation);
  }
  cipher->provider = OSSL_PROVIDER_get0_provider_ctx(provider);
  EVP_CIPHER_free(fetched);
  return is_found && !may_not_be_kept;
}

// Reads the tag of a message that was encrypted.
static inline int openssl_cipher_read_tag(const struct openssl_cipher *cipher, void *context, void *tag, size_t size) {
  OSSL_PARAM parameters[] = {{OSSL_CIPHER_PARAM_AEAD_TAG, OSSL_PARAM_OCTET_STRING, tag, size, OSSL_PARAM_UNMODIFIED},
                             OSSL_PARAM_END};
  return cipher->read_parameters(context, parameters);
}

// Sets the tag that a message which is being decrypted has to have. It is copied.
static inline int openssl_cipher_set_tag(const struct openssl_cipher *cipher, void *context, const void *tag,
                                         size_t size) {
  OSSL_PARAM parameters[] = {
      {OSSL_CIPHER_PARAM_AEAD_TAG, OSSL_PARAM_OCTET_STRING, (void *)tag, size, OSSL_PARAM_UNMODIFIED}, OSSL_PARAM_END};
  return cipher->set_parameters(context, parameters);
}

#endif
