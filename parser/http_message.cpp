#include "parser/http_message.hpp"

#include <algorithm>

#include "parser/ascii.hpp"

namespace legible::parser {

void HttpFields::add(std::string_view name, std::string_view value) {
  text_.append(name);
  const auto name_end = static_cast<std::uint32_t>(text_.size());
  text_.append(value);
  ends_.push_back({name_end, static_cast<std::uint32_t>(text_.size())});
}

void HttpFields::clear() {
  text_.clear();
  ends_.clear();
}

HttpFields::Field HttpFields::operator[](std::size_t index) const {
  const std::size_t begin = index == 0 ? 0 : ends_[index - 1].value;
  const Ends& ends = ends_[index];
  const std::string_view text(text_);
  return {text.substr(begin, ends.name - begin), text.substr(ends.name, ends.value - ends.name)};
}

std::optional<std::string_view> HttpFields::find(std::string_view name) const {
  const std::string_view text(text_);
  std::size_t begin = 0;
  for (const Ends& ends : ends_) {
    if (ends.name - begin == name.size() &&
        same_in_any_case(text.substr(begin, name.size()), name)) {
      return text.substr(ends.name, ends.value - ends.name);
    }
    begin = ends.value;
  }
  return std::nullopt;
}

void HttpMessage::keep_field(HttpFields& fields, std::string_view name, std::string_view value,
                             const Limits& limits) {
  const std::size_t kept = headers.bytes() + trailers.bytes();
  const bool room = kept + name.size() + value.size() <= limits.http_kept_bytes &&
                    headers.size() + trailers.size() < limits.http_fields;
  if (!room) {
    ++fields_dropped;
    return;
  }
  fields.add(name, value);
}

void HttpMessage::take_body(std::span<const std::uint8_t> bytes, std::uint32_t kept,
                            ContentBudget* budget) {
  // What is kept has no gap.
  const bool all_kept = body.size() == body_bytes;
  body_bytes += bytes.size();
  if (!all_kept) return;
  const std::size_t room = kept - std::min<std::size_t>(body.size(), kept);
  const std::size_t wanted = std::min(room, bytes.size());
  const auto part = bytes.first(body_share.take(budget, wanted));
  over_budget = part.size() < wanted;
  body.insert(body.end(), part.begin(), part.end());
}

void HttpMessage::drop_body() {
  body = {};
  body_share.release();
}

void HttpMessage::clear() {
  id = 0;
  stream.reset();
  major = minor = 0;
  method.clear();
  target.clear();
  headers.clear();
  trailers.clear();
  fields_dropped = 0;
  protocol.clear();
  body_bytes = 0;
  constexpr std::size_t kept_capacity = 4096;
  if (body.capacity() > kept_capacity) body = {};
  body.clear();
  body_share.release();
  over_budget = false;
  flags = {};
  complete = false;
  request_begun = begun = ended = {};
}

void HttpRequest::clear() {
  HttpMessage::clear();
  scheme.clear();
  authority.clear();
  pushed = false;
}

void HttpResponse::clear() {
  HttpMessage::clear();
  status = 0;
  reason.clear();
}

}  // namespace legible::parser
