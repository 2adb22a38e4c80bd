#include "proxy/legs/first_answer.hpp"

#include <algorithm>

#include "parser/protocol_detector.hpp"
#include "proxy/text/tls_words.hpp"

namespace legible::proxy {
namespace {

constexpr std::uint32_t longest_head = 8 * 1024;
// Servers that complain of plain HTTP do so in their first lines.
constexpr std::size_t telling_text = 1024;
// Nobody's complaint is as long, however it is framed: what is held is bounded.
constexpr std::size_t most_held = 16 * 1024;

}  // namespace

FirstAnswer::FirstAnswer(bool has_content)
    : has_content_(has_content),
      observer_(parser::Http1Observer::Kind::responses, *this, longest_head) {}

FirstAnswer::Means FirstAnswer::feed(std::span<const std::uint8_t> bytes) {
  held_.insert(held_.end(), bytes.begin(), bytes.end());
  const auto begins = parser::detect_protocol(parser::Side::server, held_, parser::Protocol::http);
  if (begins == parser::Protocol::tls) return Means::tls;
  if (!begins) return Means::unknown;
  if (*begins != parser::Protocol::http) return Means::plain;
  constexpr int bad_request = 400;
  const auto status = observer_.feed(std::span(held_).subspan(fed_)).status;
  fed_ = held_.size();
  if (status_ == bad_request && !words().empty()) return Means::tls;
  const bool other = status_ != 0 && status_ != bad_request;
  if (other || status != parser::Http1Observer::Status::reading) return Means::plain;
  const bool enough = text_.size() >= telling_text || held_.size() >= most_held;
  return whole_ || enough ? Means::plain : Means::unknown;
}

std::string_view FirstAnswer::words() const { return words_for_tls(text_); }

void FirstAnswer::on_body(std::span<const std::uint8_t> bytes) {
  const std::size_t room = telling_text - std::min(text_.size(), telling_text);
  text_.append(reinterpret_cast<const char*>(bytes.data()), std::min(bytes.size(), room));
}

}  // namespace legible::proxy
