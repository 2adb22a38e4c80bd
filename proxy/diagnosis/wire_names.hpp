#pragma once
// Numbers of the wire that rules speak of, and how sentences name them.

#include <optional>
#include <string>

#include "parser/client_hello.hpp"
#include "parser/handshake_messages.hpp"
#include "parser/tls_types.hpp"
#include "proxy/diagnosis/verdict.hpp"

namespace legible::proxy::diagnosis {

/// RFC 8446 section 6, RFC 5246 section 7.2, and the older ones that are still met.
namespace alert_number {
inline constexpr int close_notify = 0;
inline constexpr int unexpected_message = 10;
inline constexpr int bad_record_mac = 20;
inline constexpr int record_overflow = 22;
inline constexpr int handshake_failure = 40;
inline constexpr int no_certificate = 41;
inline constexpr int bad_certificate = 42;
inline constexpr int unsupported_certificate = 43;
inline constexpr int certificate_revoked = 44;
inline constexpr int certificate_expired = 45;
inline constexpr int certificate_unknown = 46;
inline constexpr int illegal_parameter = 47;
inline constexpr int unknown_ca = 48;
inline constexpr int access_denied = 49;
inline constexpr int decode_error = 50;
inline constexpr int decrypt_error = 51;
inline constexpr int protocol_version = 70;
inline constexpr int insufficient_security = 71;
inline constexpr int internal_error = 80;
inline constexpr int inappropriate_fallback = 86;
inline constexpr int user_canceled = 90;
inline constexpr int no_renegotiation = 100;
inline constexpr int missing_extension = 109;
inline constexpr int unsupported_extension = 110;
inline constexpr int unrecognized_name = 112;
inline constexpr int bad_certificate_status_response = 113;
inline constexpr int unknown_psk_identity = 115;
inline constexpr int certificate_required = 116;
inline constexpr int no_application_protocol = 120;
}  // namespace alert_number

/// Alerts that answer a message which breaks a rule (RFC 5246 section 7.2.2, RFC 8446 section 6.2).
constexpr bool finds_fault_with_message(int number) {
  using namespace alert_number;
  return number == unexpected_message || number == illegal_parameter || number == decode_error ||
         number == missing_extension || number == unsupported_extension;
}

/// Alerts that give no reason (RFC 8446 section 6.1).
constexpr bool ends_in_order(int number) {
  return number == alert_number::close_notify || number == alert_number::user_canceled;
}

namespace extension {
inline constexpr parser::ExtensionType server_name{0};
inline constexpr parser::ExtensionType status_request{5};
inline constexpr parser::ExtensionType alpn{16};
inline constexpr parser::ExtensionType status_request_v2{17};
inline constexpr parser::ExtensionType signed_certificate_timestamp{18};
inline constexpr parser::ExtensionType encrypt_then_mac{22};
inline constexpr parser::ExtensionType extended_master_secret{23};
inline constexpr parser::ExtensionType record_size_limit{28};
inline constexpr parser::ExtensionType delegated_credentials{34};
inline constexpr parser::ExtensionType session_ticket{35};
inline constexpr parser::ExtensionType pre_shared_key{41};
inline constexpr parser::ExtensionType early_data{42};
inline constexpr parser::ExtensionType cookie{44};
inline constexpr parser::ExtensionType signature_algorithms_cert{50};
inline constexpr parser::ExtensionType signature_algorithms{13};
inline constexpr parser::ExtensionType key_share{51};
inline constexpr parser::ExtensionType renegotiation_info{0xff01};
}  // namespace extension

namespace handshake_type = parser::handshake_type;

/// RFC 7507 and RFC 5746: suites that are signals.
inline constexpr parser::CipherSuite fallback_scsv{0x5600};
inline constexpr parser::CipherSuite renegotiation_scsv{0x00ff};

/// "TLS 1.2", or "0x7f0e".
std::string version_name(parser::ProtocolVersion version);
/// "TLS 1.0 to TLS 1.2", "TLS 1.3 only".
std::string offered_range(const parser::ClientHello& hello);
/// "TLS_AES_128_GCM_SHA256 (0x1301)", or the number alone.
std::string suite_name(parser::CipherSuite suite);
std::string group_name(parser::NamedGroup group);
std::string scheme_name(parser::SignatureScheme scheme);
/// "unknown_ca (48)".
std::string alert_name(int number);

/// "the client", "the server", "the proxy".
std::string_view who(Closer closer);
std::string_view who(Leg leg);

}  // namespace legible::proxy::diagnosis
