// Content with codings, whatever it is: the result stays within the limits. The input is the value
// of a Content-Encoding field, a NUL, and the content.

#include "proxy/har/content_decoder.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

using namespace legible::proxy;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span input(data, size);
  const auto nul = std::ranges::find(input, 0);
  const auto field = static_cast<std::size_t>(nul - input.begin());
  const auto content = input.subspan(std::min(field + 1, size));
  constexpr DecodeLimits limits{1 << 16, 100, 4};
  const std::string_view codings(reinterpret_cast<const char*>(data), field);
  const DecodedContent decoded = decode_content(codings, content, limits);
  const bool as_sent = std::ranges::equal(decoded.bytes, content);
  const bool too_large =
      decoded.bytes.size() > limits.bytes || decoded.bytes.size() > limits.ratio * content.size();
  if (too_large && !as_sent) std::abort();
  const bool wrong = decoded.state == DecodedContent::State::unknown && !decoded.bytes.empty();
  if (wrong) std::abort();
  return 0;
}
