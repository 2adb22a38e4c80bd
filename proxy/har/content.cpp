#include "proxy/har/content.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>
#include <vector>

#include "parser/ascii.hpp"
#include "proxy/har/content_decoder.hpp"
#include "proxy/text/base64.hpp"
#include "proxy/text/utf8.hpp"

namespace legible::proxy::har {
namespace {

using Bytes = std::vector<std::uint8_t>;
using State = DecodedContent::State;

/// Text is what is valid UTF-8 without NUL. Where content is cut, its last character may be.
void write(ShownContent& shown, const Bytes& bytes, bool cut) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  constexpr std::size_t longest_character = 4;
  const std::size_t valid = valid_utf8_prefix(text);
  const bool is_text = valid == text.size() || (cut && text.size() - valid < longest_character);
  if (is_text && text.find('\0') == text.npos) {
    shown.text = text.substr(0, valid);
  } else {
    shown.text = base64(text);
    shown.base64 = true;
  }
}

/// Every field of that name, as one list: RFC 9110 section 5.3.
std::string codings_of(const parser::HttpFields& headers) {
  constexpr std::string_view name = "Content-Encoding";
  std::string all;
  headers.for_each([&](const parser::HttpFields::Field& field) {
    if (!parser::same_in_any_case(field.name, name)) return;
    if (!all.empty()) all += ", ";
    all += field.value;
  });
  return all;
}

std::string_view trouble_text(State state) {
  switch (state) {
    case State::whole:
      return {};
    case State::incomplete:
      return "the coded content is not whole";
    case State::cut:
      return "cut: decoded, it is too large";
    case State::corrupt:
      return "not coded as Content-Encoding says";
    case State::unknown:
      return "shown as sent: no coding that can be undone here";
  }
  return {};
}

}  // namespace

ShownContent show_content(const parser::HttpMessage& message, bool dropped) {
  ShownContent shown;
  shown.size = message.body_bytes;
  if (message.body_bytes == 0) return shown;
  if (dropped) {
    shown.size_known = false;
    shown.comment = "not kept: too much waited to be written";
    return shown;
  }
  const bool kept_in_part = message.body.size() < message.body_bytes;
  if (kept_in_part) {
    shown.comment = fmt::format("the first {} of {} bytes that were sent", message.body.size(),
                                message.body_bytes);
    if (message.over_budget) shown.comment += ": the contents under way took too much memory";
  }
  const std::string codings = codings_of(message.headers);
  DecodedContent decoded = decode_content(codings, message.body);
  const bool as_sent = decoded.bytes.empty();
  if (as_sent) {
    write(shown, message.body, kept_in_part);
  } else {
    write(shown, decoded.bytes, kept_in_part || decoded.state != State::whole);
    // Of content without codings all is counted, whatever is kept.
    const bool coded = decoded.bytes != message.body;
    if (coded) shown.size = decoded.bytes.size();
    shown.size_known = !coded || (!kept_in_part && decoded.state == State::whole);
  }
  const bool known_already = kept_in_part && decoded.state == State::incomplete;
  if (const auto trouble = trouble_text(decoded.state); !trouble.empty() && !known_already) {
    if (!shown.comment.empty()) shown.comment += "; ";
    shown.comment += trouble;
  }
  return shown;
}

}  // namespace legible::proxy::har
