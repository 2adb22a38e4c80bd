// Whatever a peer sends: what is escaped once is harmless, and escaping again changes nothing.

#include "proxy/text/escape.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace legible::proxy;

namespace {

bool is_harmless(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) return false;
  }
  return escape_again(text) == text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string raw(data, data + size);
  for (const std::string& escaped : {escape_ascii(raw), escape_utf8(raw), escape_again(raw)}) {
    if (!is_harmless(escaped)) std::abort();
    if (escaped.size() > 4 * raw.size()) std::abort();
  }
  return 0;
}
