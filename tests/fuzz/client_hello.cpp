// Any bytes as the body of a ClientHello: a hello or an error inside the bytes; and whatever was
// decoded has fingerprints.

#include "parser/client_hello.hpp"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "parser/fingerprint.hpp"

namespace {

std::array<std::uint8_t, 32> no_digest(std::span<const std::uint8_t>) { return {}; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace legible::parser;
  const auto result = decode_client_hello({data, size});
  if (const auto* error = std::get_if<DecodeError>(&result)) {
    if (error->offset > size || error->field.empty()) std::abort();
    return 0;
  }
  const auto& hello = std::get<ClientHello>(result);
  if (hello.violation && hello.violation->offset > size) std::abort();
  if (ja4(hello, no_digest).size() != 36) std::abort();
  if (ja3(hello).empty() || ja4_r(hello).empty()) std::abort();
  return 0;
}
