/* Goes into mbedTLS's include folder: <mbedtls/gcm.h> takes it under MBEDTLS_GCM_ALT. The functions
 * are in certs/crypto/gcm.cpp. */
#ifndef LEGIBLE_GCM_ALT_H
#define LEGIBLE_GCM_ALT_H

typedef struct mbedtls_gcm_context {
  struct legible_gcm_key *key; /* null until there is one */
} mbedtls_gcm_context;

#endif
