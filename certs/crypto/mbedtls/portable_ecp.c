/* Compiled by cmake/deps.sh beside mbedTLS's source, with the flags of the library. */
#include "common.h"
#include "mbedtls/ecp.h" /* with the types that the rest of mbedTLS knows */
#undef MBEDTLS_ECP_ALT

#define mbedtls_ecp_mul portable_ecp_mul
#define mbedtls_ecp_mul_restartable portable_ecp_mul_restartable
#define mbedtls_ecp_muladd portable_ecp_muladd
#define mbedtls_ecp_muladd_restartable portable_ecp_muladd_restartable
#include "portable_ecp.h"

#include "ecp.c"
