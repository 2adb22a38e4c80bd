/* Compiled by cmake/deps.sh beside mbedTLS's source, with the flags of the library. */
#include "common.h"
#undef MBEDTLS_GCM_ALT

#define mbedtls_gcm_context portable_gcm_context
#define mbedtls_gcm_init portable_gcm_init
#define mbedtls_gcm_free portable_gcm_free
#define mbedtls_gcm_setkey portable_gcm_setkey
#define mbedtls_gcm_crypt_and_tag portable_gcm_crypt_and_tag
#define mbedtls_gcm_auth_decrypt portable_gcm_auth_decrypt
#define mbedtls_gcm_starts portable_gcm_starts
#define mbedtls_gcm_update_ad portable_gcm_update_ad
#define mbedtls_gcm_update portable_gcm_update
#define mbedtls_gcm_finish portable_gcm_finish
#include "portable_gcm.h"

#include "gcm.c"

portable_gcm_context *portable_gcm_new(void) {
  portable_gcm_context *context = mbedtls_calloc(1, sizeof(*context));
  if (context != NULL) portable_gcm_init(context);
  return context;
}

void portable_gcm_delete(portable_gcm_context *context) {
  portable_gcm_free(context);
  mbedtls_free(context);
}
