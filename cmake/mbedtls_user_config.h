/* Read by mbedTLS after its default configuration: see build_mbedtls in deps.sh. */

/* PSA, and so all of TLS 1.3, is safe between threads only with these two. */
#define MBEDTLS_THREADING_C
#define MBEDTLS_THREADING_PTHREAD

/* X25519: ten times as fast in TLS 1.2, twice as fast in TLS 1.3. */
#define MBEDTLS_ECDH_VARIANT_EVEREST_ENABLED

/* The self test counts every field multiplication in a shared variable: a data race. */
#undef MBEDTLS_SELF_TEST

/* Unique to its ticket is all that it has to be (RFC 8446 section 4.6.1), and wolfSSL takes no more
   than 8 bytes of it. */
#define MBEDTLS_SSL_TLS1_3_TICKET_NONCE_LENGTH 8

/* Cipher suites that nobody negotiates. */
#undef MBEDTLS_ARIA_C
#undef MBEDTLS_CAMELLIA_C

/* Formats a message at each step, for nobody: 4,000 instructions of a request. */
#undef MBEDTLS_DEBUG_C

/* Never used here. */
#undef MBEDTLS_SSL_PROTO_DTLS
#undef MBEDTLS_SSL_DTLS_CONNECTION_ID
#undef MBEDTLS_SSL_DTLS_CONNECTION_ID_COMPAT
#undef MBEDTLS_SSL_DTLS_ANTI_REPLAY
#undef MBEDTLS_SSL_DTLS_HELLO_VERIFY
#undef MBEDTLS_SSL_DTLS_CLIENT_PORT_REUSE
#undef MBEDTLS_SSL_CONTEXT_SERIALIZATION
#undef MBEDTLS_PSA_CRYPTO_STORAGE_C
#undef MBEDTLS_PSA_ITS_FILE_C
#undef MBEDTLS_LMS_C
#undef MBEDTLS_PADLOCK_C
#undef MBEDTLS_ECJPAKE_C

/* Replaced by the folder certs/crypto/ of this project. */
#define MBEDTLS_GCM_ALT
#define MBEDTLS_ECP_ALT
