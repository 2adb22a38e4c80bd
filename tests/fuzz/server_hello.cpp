// Any bytes as the bodies of what a server sends: a message, or an error inside the bytes. The
// first two bytes choose the version, the next two the suite.

#include "parser/server_hello.hpp"

#include <cstdint>
#include <cstdlib>
#include <span>

#include "parser/fingerprint.hpp"
#include "parser/handshake_messages.hpp"

using namespace legible::parser;

namespace {

template <class T>
void check(const DecodeResult<T>& result, std::size_t size) {
  if (std::holds_alternative<NeedMore>(result)) std::abort();
  const auto* error = std::get_if<DecodeError>(&result);
  if (error != nullptr && (error->offset > size || error->field.empty())) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t choice = 4;
  if (size < choice) return 0;
  const ProtocolVersion version{static_cast<std::uint16_t>(data[0] << 8 | data[1])};
  const CipherSuite suite{static_cast<std::uint16_t>(data[2] << 8 | data[3])};
  const std::span<const std::uint8_t> body(data + choice, size - choice);

  const auto hello = decode_server_hello(body);
  check(hello, body.size());
  if (const auto* decoded = std::get_if<ServerHello>(&hello); decoded && ja3s(*decoded).empty()) {
    std::abort();
  }
  check(decode_certificate(body, version, 64), body.size());
  check(decode_certificate_request(body, version, 1024), body.size());
  check(decode_server_key_exchange(body, version, suite), body.size());
  check(decode_certificate_verify(body, version), body.size());
  check(decode_encrypted_extensions(body), body.size());
  return 0;
}
