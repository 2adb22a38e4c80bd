#include "parser/first_bytes_secrets.hpp"

#include <algorithm>
#include <string_view>

#include "parser/http_secrets.hpp"
#include "parser/preamble.hpp"

namespace legible::parser {
namespace {

/// The bytes that may be told, which secrets leave.
class Mask {
 public:
  explicit Mask(FirstBytes& observed) : observed_(observed) {}

  void hide(std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < std::min<std::size_t>(end, observed_.count); ++i) {
      observed_.bytes[i] = '*';
    }
  }

 private:
  FirstBytes& observed_;
};

/// User information: RFC 3986 section 3.2.1. Where the authority is not whole, all of it may be.
void hide_user_information(Mask& mask, std::string_view request_line) {
  constexpr std::string_view separator = "://";
  const std::size_t scheme = request_line.find(separator);
  if (scheme == std::string_view::npos) return;
  const std::size_t begin = scheme + separator.size();
  const std::size_t end = request_line.find_first_of("/?# \r\n", begin);
  const std::size_t at = request_line.substr(0, end).rfind('@');
  if (at != std::string_view::npos && at >= begin) {
    mask.hide(begin, at);
  } else if (end == std::string_view::npos) {
    mask.hide(begin, request_line.size());
  }
}

void hide_field_value(Mask& mask, std::string_view text, std::size_t begin, std::size_t end) {
  const std::size_t colon = text.substr(0, end).find(':', begin);
  if (colon == std::string_view::npos) return;
  std::string_view name = text.substr(begin, colon - begin);
  name = name.substr(0, name.find_last_not_of(" \t") + 1);
  if (is_secret_field(name)) mask.hide(colon + 1, end);
}

/// What follows the command that logs in; IMAP's has a tag before it.
void hide_login(Mask& mask, std::string_view text, std::size_t begin, std::size_t end) {
  const std::string_view line = text.substr(begin, end - begin);
  for (std::size_t word = 0, words = 0; word < line.size() && words < 2; ++words) {
    const std::size_t space = std::min(line.find(' ', word), line.size());
    const std::size_t argument = std::min(space + 1, line.size());
    if (tells_credentials(line.substr(word, space - word), line.substr(argument))) {
      return mask.hide(begin + argument, end);
    }
    word = space + 1;
  }
}

void hide_lines(Mask& mask, std::string_view text, auto hide_in_line) {
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find_first_of("\r\n", begin), text.size());
    hide_in_line(mask, text, begin, end);
    begin = end + 1;
  }
}

/// RFC 4511 section 4.2: behind the operation's tag stand version, name and password.
void hide_bind(Mask& mask, std::string_view message) {
  constexpr char bind_request = 0x60;
  constexpr std::size_t longest_start = 16;  // the message's own tag and length, and its number
  const std::size_t tag = message.substr(0, longest_start).find(bind_request);
  if (tag != std::string_view::npos) mask.hide(tag + 2, message.size());
}

}  // namespace

void mask_secrets(FirstBytes& observed, std::span<const std::uint8_t> first) {
  Mask mask(observed);
  const std::string_view text = as_text(first);
  switch (observed.protocol) {
    case Protocol::http:
    case Protocol::http_connect:
      hide_user_information(mask, text.substr(0, text.find('\n')));
      return hide_lines(mask, text, hide_field_value);
    case Protocol::ldap:
      return hide_bind(mask, text);
    case Protocol::smtp:
    case Protocol::imap:
    case Protocol::pop3:
    case Protocol::ftp:
    case Protocol::unknown:
      return hide_lines(mask, text, hide_login);
    default:
      return;
  }
}

}  // namespace legible::parser
