#include "proxy/text/wrap.hpp"

#include <catch2/catch_test_macros.hpp>

namespace legible::proxy {

TEST_CASE("wrap breaks at blanks and indents what follows") {
  struct Case {
    const char* text;
    std::size_t width;
    std::size_t indent;
    const char* lines;
  };
  const Case cases[] = {
      {"", 10, 2, ""},
      {"short", 10, 2, "short"},
      {"one two three", 7, 2, "one two\n  three"},
      {"one two three", 8, 0, "one two\nthree"},
      {"a verylongwordindeed b", 6, 2, "a\n  verylongwordindeed\n  b"},
      {"äöü äöü", 7, 0, "äöü äöü"},
      {"äöü äöü", 6, 0, "äöü\näöü"},
      {" a  b   c ", 7, 1, "a  b\n c"},
      {"\x1b[31mred\x1b[0m text", 8, 0, "\x1b[31mred\x1b[0m text"},
  };
  for (const Case& c : cases) {
    INFO(c.text << " in " << c.width);
    CHECK(wrap(c.text, c.width, c.indent) == c.lines);
  }
}

}  // namespace legible::proxy
