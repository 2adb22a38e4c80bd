#include "parser/http1_fields.hpp"

#include <algorithm>
#include <array>

#include "parser/ascii.hpp"

namespace legible::parser {
namespace {

/// RFC 9112 section 7: the registered transfer codings but `chunked`, and their old names.
bool is_transfer_coding(std::string_view name) {
  constexpr std::array<std::string_view, 5> codings{"gzip", "deflate", "compress", "x-gzip",
                                                    "x-compress"};
  return std::ranges::any_of(codings, [&](auto each) { return same_in_any_case(each, name); });
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

void Http1FieldCheck::add(std::string_view name, std::string_view value) {
  switch (name.size()) {
    case std::string_view("Host").size():
      hosts_ += same_in_any_case(name, "Host");
      break;
    case std::string_view("Content-Length").size():
      if (same_in_any_case(name, "Content-Length")) add_length(value);
      break;
    case std::string_view("Transfer-Encoding").size():
      if (same_in_any_case(name, "Transfer-Encoding")) add_transfer_encoding(value);
      break;
    default:
      break;
  }
}

void Http1FieldCheck::add_length(std::string_view value) {
  ++lengths_;
  if (!is_number(value)) flags_.set(HttpFlag::bad_content_length);
}

void Http1FieldCheck::add_transfer_encoding(std::string_view value) {
  ++transfer_encodings_;
  chunked_is_last_ = false;
  for_each_element(value, [&](std::string_view coding) {
    // RFC 9112 section 6.1: nothing comes behind it, not even itself.
    if (chunked_is_last_) flags_.set(HttpFlag::unknown_transfer_encoding);
    chunked_is_last_ = same_in_any_case(coding, "chunked");
    if (!chunked_is_last_ && !is_transfer_coding(coding)) {
      flags_.set(HttpFlag::unknown_transfer_encoding);
    }
  });
}

HttpFlags Http1FieldCheck::of_response(std::uint8_t major, std::uint8_t minor) const {
  HttpFlags all = flags_;
  if (lengths_ > 1) all.set(HttpFlag::several_content_lengths);
  if (transfer_encodings_ > 1) all.set(HttpFlag::several_transfer_encodings);
  if (lengths_ > 0 && transfer_encodings_ > 0) {
    all.set(HttpFlag::content_length_and_transfer_encoding);
  }
  if (transfer_encodings_ > 0 && major == 1 && minor == 0) {
    all.set(HttpFlag::transfer_encoding_in_http10);
  }
  return all;
}

HttpFlags Http1FieldCheck::of_request(std::uint8_t major, std::uint8_t minor) const {
  HttpFlags all = of_response(major, minor);
  if (hosts_ > 1) all.set(HttpFlag::several_hosts);
  if (hosts_ == 0 && major == 1 && minor >= 1) all.set(HttpFlag::no_host);
  // A request's end must be told; a response's may be the connection's.
  if (transfer_encodings_ > 0 && !chunked_is_last_) all.set(HttpFlag::unknown_transfer_encoding);
  return all;
}

}  // namespace legible::parser
