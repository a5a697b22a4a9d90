// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

// OpenSSL as Swift sees it. Macros that Swift can't import are wrapped in `static inline` functions with
// the prefix `openssl_`; each does what the macro of the same name does and nothing else, unless it says so.

#ifndef COPENSSL_SHIM_H
#define COPENSSL_SHIM_H

// SHA1_* is deprecated since 3.0, but it is the only way to HMAC without allocating per packet.
#define OPENSSL_SUPPRESS_DEPRECATED 1
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/srtp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "cipher.h"

#include <stdint.h>
#include <sys/time.h>

// The SSL_OP_* that make DTLS what WebRTC expects: our MTU is the MTU, no session is ever resumed or
// renegotiated, and a server chooses the cipher by its own list.
static inline uint64_t openssl_dtls_options(void) {
  return SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
         SSL_OP_CIPHER_SERVER_PREFERENCE;
}

static inline int openssl_SSL_CTX_set_dtls12_only(SSL_CTX *context) {
  return SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(context, DTLS1_2_VERSION) == 1;
}

static inline int openssl_SSL_CTX_set1_groups_list(SSL_CTX *context, const char *list) {
  return (int)SSL_CTX_set1_groups_list(context, list);
}

static inline int openssl_SSL_CTX_set1_sigalgs_list(SSL_CTX *context, const char *list) {
  return (int)SSL_CTX_set1_sigalgs_list(context, list);
}

static inline void openssl_SSL_CTX_disable_session_cache(SSL_CTX *context) {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

static inline int openssl_SSL_CTX_set_min_tls12(SSL_CTX *context) {
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
}

// Has the peer's certificate checked for a host name, which is also asked for (SNI), or for an IP address.
static inline int openssl_SSL_expect_name(SSL *ssl, const char *name) {
  X509_VERIFY_PARAM *parameters = SSL_get0_param(ssl);
  if (X509_VERIFY_PARAM_set1_ip_asc(parameters, name) == 1) return 1;
  ERR_clear_error();
  X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return X509_VERIFY_PARAM_set1_host(parameters, name, 0) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
}

static inline int openssl_SSL_set_mtu(SSL *ssl, long mtu) { return (int)SSL_set_mtu(ssl, mtu); }

static inline int openssl_SSL_set_app_data(SSL *ssl, void *data) {
  return SSL_set_app_data(ssl, data);
}

static inline void *openssl_SSL_get_app_data(const SSL *ssl) { return SSL_get_app_data(ssl); }

// The microseconds until DTLSv1_handle_timeout is due; -1 when no timer runs.
static inline int64_t openssl_DTLSv1_get_timeout(SSL *ssl) {
  struct timeval left = {0, 0};
  if (DTLSv1_get_timeout(ssl, &left) != 1) return -1;
  return (int64_t)left.tv_sec * 1000000 + (int64_t)left.tv_usec;
}

static inline int openssl_DTLSv1_handle_timeout(SSL *ssl) {
  return (int)DTLSv1_handle_timeout(ssl);
}

static inline int openssl_ERR_GET_REASON(unsigned long code) { return ERR_GET_REASON(code); }

static inline void openssl_BIO_set_retry_read(BIO *bio) { BIO_set_retry_read(bio); }

static inline void openssl_BIO_clear_retry_flags(BIO *bio) { BIO_clear_retry_flags(bio); }

// The SSL whose peer's certificate is being verified in a certificate verification callback.
static inline SSL *openssl_X509_STORE_CTX_get_ssl(X509_STORE_CTX *store) {
  return (SSL *)X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
}

#endif
