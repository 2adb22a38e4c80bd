// mbedTLS ends a handshake as soon as a certificate of the peer's has a critical extension that it
// does not know, name constraints among them. Here a chain is judged after the handshake, in full
// and by our own reader (certs/), so that such a chain is to be received like any other.
//
// The library's TLS calls mbedtls_x509_crt_parse_der, which takes no callback for extensions: the
// linker gives it this function instead (--wrap, see CMakeLists.txt). Where mbedTLS is a shared
// library it cannot, and such a server stays beyond the limit.

#include <mbedtls/x509_crt.h>

#include <cstddef>

namespace {

int leave_it_to_the_judge(void* /*context*/, const mbedtls_x509_crt* /*certificate*/,
                          const mbedtls_x509_buf* /*oid*/, int /*critical*/,
                          const unsigned char* /*value*/, const unsigned char* /*end*/) {
  return 0;
}

}  // namespace

// NOLINTNEXTLINE(bugprone-reserved-identifier,readability-identifier-naming): the linker's name
extern "C" int __wrap_mbedtls_x509_crt_parse_der(mbedtls_x509_crt* chain, const unsigned char* der,
                                                 std::size_t size) {
  constexpr int copy = 1;
  return mbedtls_x509_crt_parse_der_with_ext_cb(chain, der, size, copy, leave_it_to_the_judge,
                                                nullptr);
}
