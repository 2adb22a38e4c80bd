/* Those functions of mbedTLS's own elliptic curves, under other names, that certs/crypto/ecp.cpp defines.
 * The rest of that module, which MBEDTLS_ECP_ALT takes out of mbedTLS's library, keeps its names. */
#ifndef LEGIBLE_PORTABLE_ECP_H
#define LEGIBLE_PORTABLE_ECP_H

#include <mbedtls/ecp.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Each as <mbedtls/ecp.h> documents the function that mbedTLS calls mbedtls_ecp_... */
int portable_ecp_mul(mbedtls_ecp_group *grp, mbedtls_ecp_point *R, const mbedtls_mpi *m,
                     const mbedtls_ecp_point *P, int (*f_rng)(void *, unsigned char *, size_t),
                     void *p_rng);
int portable_ecp_mul_restartable(mbedtls_ecp_group *grp, mbedtls_ecp_point *R,
                                 const mbedtls_mpi *m, const mbedtls_ecp_point *P,
                                 int (*f_rng)(void *, unsigned char *, size_t), void *p_rng,
                                 mbedtls_ecp_restart_ctx *rs_ctx);
int portable_ecp_muladd(mbedtls_ecp_group *grp, mbedtls_ecp_point *R, const mbedtls_mpi *m,
                        const mbedtls_ecp_point *P, const mbedtls_mpi *n,
                        const mbedtls_ecp_point *Q);
int portable_ecp_muladd_restartable(mbedtls_ecp_group *grp, mbedtls_ecp_point *R,
                                    const mbedtls_mpi *m, const mbedtls_ecp_point *P,
                                    const mbedtls_mpi *n, const mbedtls_ecp_point *Q,
                                    mbedtls_ecp_restart_ctx *rs_ctx);

#ifdef __cplusplus
}
#endif

#endif
