/* mbedTLS's own GCM, which MBEDTLS_GCM_ALT takes out of its library, under other names. */
#ifndef LEGIBLE_PORTABLE_GCM_H
#define LEGIBLE_PORTABLE_GCM_H

#include <mbedtls/cipher.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct portable_gcm_context portable_gcm_context;

/* Null: no memory. */
portable_gcm_context *portable_gcm_new(void);
void portable_gcm_delete(portable_gcm_context *context);

/* Each as <mbedtls/gcm.h> documents the function that mbedTLS calls mbedtls_gcm_... */
int portable_gcm_setkey(portable_gcm_context *context, mbedtls_cipher_id_t cipher,
                        const unsigned char *key, unsigned int keybits);
int portable_gcm_crypt_and_tag(portable_gcm_context *context, int mode, size_t length,
                               const unsigned char *iv, size_t iv_len, const unsigned char *add,
                               size_t add_len, const unsigned char *input, unsigned char *output,
                               size_t tag_len, unsigned char *tag);
int portable_gcm_auth_decrypt(portable_gcm_context *context, size_t length,
                              const unsigned char *iv, size_t iv_len, const unsigned char *add,
                              size_t add_len, const unsigned char *tag, size_t tag_len,
                              const unsigned char *input, unsigned char *output);
int portable_gcm_starts(portable_gcm_context *context, int mode, const unsigned char *iv,
                        size_t iv_len);
int portable_gcm_update_ad(portable_gcm_context *context, const unsigned char *add, size_t add_len);
int portable_gcm_update(portable_gcm_context *context, const unsigned char *input,
                        size_t input_length, unsigned char *output, size_t output_size,
                        size_t *output_length);
int portable_gcm_finish(portable_gcm_context *context, unsigned char *output, size_t output_size,
                        size_t *output_length, unsigned char *tag, size_t tag_len);

#ifdef __cplusplus
}
#endif

#endif
