#include "proxy/tls/own_alert.hpp"

#include <mbedtls/ssl.h>

namespace legible::proxy::tls {

std::optional<parser::AlertDescription> own_alert(int code) {
  constexpr auto alert = [](int number) {
    return parser::AlertDescription{static_cast<std::uint8_t>(number)};
  };
  switch (code) {
    case MBEDTLS_ERR_SSL_CONN_EOF:
    case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
    case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
      return std::nullopt;
    // Of a type that is unknown or has no place there, or without content (RFC 8446 section 5).
    case MBEDTLS_ERR_SSL_INVALID_RECORD:
    case MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE:
    case MBEDTLS_ERR_SSL_UNEXPECTED_RECORD:
      return alert(MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE);
    case MBEDTLS_ERR_SSL_INVALID_MAC:
      return alert(MBEDTLS_SSL_ALERT_MSG_BAD_RECORD_MAC);
    case MBEDTLS_ERR_SSL_DECODE_ERROR:
      return alert(MBEDTLS_SSL_ALERT_MSG_DECODE_ERROR);
    case MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER:
      return alert(MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER);
    case MBEDTLS_ERR_SSL_BAD_CERTIFICATE:
      return alert(MBEDTLS_SSL_ALERT_MSG_BAD_CERT);
    case MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION:
      return alert(MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION);
    case MBEDTLS_ERR_SSL_NO_APPLICATION_PROTOCOL:
      return alert(MBEDTLS_SSL_ALERT_MSG_NO_APPLICATION_PROTOCOL);
    case MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE:
      return alert(MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE);
    default:
      return alert(MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR);
  }
}

}  // namespace legible::proxy::tls
