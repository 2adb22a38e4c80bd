/* Compiled by cmake/deps.sh beside mbedTLS's source, with the flags of the library: what goes out of
 * it together with ecp.c. */
#include "common.h"
#include "mbedtls/ecp.h"
#undef MBEDTLS_ECP_ALT

#include "ecp_curves.c"
