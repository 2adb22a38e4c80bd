#include "proxy/text/escape.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <string_view>

namespace legible::proxy {
namespace {

using namespace std::string_literals;

TEST_CASE("a name of SNI or ALPN keeps printable ASCII alone") {
  struct Case {
    std::string raw, escaped;
  };
  const Case cases[] = {
      {"", ""},
      {"partner.example", "partner.example"},
      {"two words \"quoted\"", "two words \"quoted\""},
      {"a\0b"s, R"(a\x00b)"},
      {"\x1b[31mred", R"(\x1b[31mred)"},
      {"one\r\ntwo", R"(one\x0d\x0atwo)"},
      {"\\x1b", R"(\x5cx1b)"},
      {"b\xc3\xbc"
       "cher",
       R"(b\xc3\xbccher)"},
      {"\x7f\xff", R"(\x7f\xff)"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.escaped);
    CHECK(escape_ascii(c.raw) == c.escaped);
  }
}

TEST_CASE("a certificate's name keeps what prints, and nothing that does not") {
  struct Case {
    std::string_view why;
    std::string raw, escaped;
  };
  const Case cases[] = {
      {"plain", "CN=partner.example", "CN=partner.example"},
      {"umlaut", "Müller & Söhne", "Müller & Söhne"},
      {"Japanese", "日本語　株式会社", "日本語　株式会社"},
      {"beyond the first plane", "𝔘𝔫𝔦", "𝔘𝔫𝔦"},
      {"ESC", "a\x1b[2Jb", R"(a\x1b[2Jb)"},
      {"newline", "a\nb", R"(a\x0ab)"},
      {"NUL", "a\0b"s, R"(a\x00b)"},
      {"DEL", "\x7f", R"(\x7f)"},
      {"C1: CSI in one character",
       "\xc2\x9b"
       "31m",
       R"(\xc2\x9b31m)"},
      {"backslash", R"(a\b)", R"(a\x5cb)"},
      {"right-to-left override",
       "a\u202e"
       "b",
       R"(a\xe2\x80\xaeb)"},
      {"bidi isolate", "\u2066", R"(\xe2\x81\xa6)"},
      {"line separator", "\u2028", R"(\xe2\x80\xa8)"},
      {"zero width space", "\u200b", R"(\xe2\x80\x8b)"},
      {"byte order mark", "\ufeff", R"(\xef\xbb\xbf)"},
      {"private use", "\ue000", R"(\xee\x80\x80)"},
      {"tag", "\U000e0041", R"(\xf3\xa0\x81\x81)"},
      {"noncharacter", "\xef\xbf\xbf", R"(\xef\xbf\xbf)"},
      {"a lone continuation", "\x80", R"(\x80)"},
      {"Latin-1", "M\xfcller", R"(M\xfcller)"},
      {"overlong slash", "\xc0\xaf", R"(\xc0\xaf)"},
      {"overlong newline", "\xe0\x80\x8a", R"(\xe0\x80\x8a)"},
      {"surrogate", "\xed\xa0\x80", R"(\xed\xa0\x80)"},
      {"above U+10FFFF", "\xf4\x90\x80\x80", R"(\xf4\x90\x80\x80)"},
      {"cut short", "a\xe2\x82", R"(a\xe2\x82)"},
      {"a cut character before a whole one", "\xe2\x82ü", R"(\xe2\x82ü)"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.why);
    CHECK(escape_utf8(c.raw) == c.escaped);
  }
}

TEST_CASE("escaping again changes nothing that is harmless") {
  for (int value = 0; value < 0x10000; ++value) {
    const std::string raw{static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
    const std::string once = escape_utf8(raw);
    if (escape_again(once) != once) FAIL("escaped twice: " << once);
    if (escape_again(escape_ascii(raw)) != escape_ascii(raw)) FAIL("escaped twice: " << once);
  }
  CHECK(escape_again("a \x1b b \\x1b") == R"(a \x1b b \x1b)");
}

}  // namespace
}  // namespace legible::proxy
