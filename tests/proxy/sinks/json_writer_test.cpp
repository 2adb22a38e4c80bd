#include "proxy/sinks/json_writer.hpp"

#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace legible::proxy {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

/// What `write` writes, after something that was there before.
std::string written(const auto& write) {
  std::string out = "before ";
  JsonWriter json(out);
  write(json);
  json.finish();
  REQUIRE(out.starts_with("before "));
  return out.substr(7);
}

std::string value(const auto& content) {
  return written([&](JsonWriter& json) { json.value(content); });
}

TEST_CASE("commas stand between elements and fields, and nowhere else") {
  const std::string out = written([](JsonWriter& json) {
    json.begin_object();
    json.key("empty");
    json.begin_object();
    json.end_object();
    json.array("none", std::vector<int>(), [&](int each) { json.value(each); });
    json.array("some", std::vector{1, 2, 3}, [&](int each) { json.value(each); });
    json.field("flag", true);
    json.plain_field("name", "x");
    json.hex_field("bytes", std::vector<std::uint8_t>{0x00, 0xaf});
    json.key("objects");
    json.begin_array();
    for (int i = 0; i < 2; ++i) {
      json.begin_object();
      json.field("i", i);
      json.end_object();
    }
    json.written("[null]");

    json.end_array();
    json.written(R"("more":1,"fields":2)");
    json.end_object();
  });
  CHECK(out == R"({"empty":{},"none":[],"some":[1,2,3],"flag":true,"name":"x","bytes":"00af",)"
               R"("objects":[{"i":0},{"i":1},[null]],"more":1,"fields":2})");
}

TEST_CASE("each kind of value has its form") {
  CHECK(value(nullptr) == "null");
  CHECK(value(false) == "false");
  CHECK(value(std::uint8_t{7}) == "7");
  CHECK(value(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
  CHECK(value(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
  CHECK(value(std::optional<int>()) == "null");
  CHECK(value(std::optional<int>(5)) == "5");
  CHECK(written([](JsonWriter& json) { json.hex_id_value(0x1301, 2); }) == R"("0x1301")");
  CHECK(written([](JsonWriter& json) { json.hex_id_value(0x12, 1); }) == R"("0x12")");
  CHECK(written([](JsonWriter& json) { json.hex_id_value(0x010080, 3); }) == R"("0x010080")");
}

TEST_CASE("a time is in milliseconds, with as many digits as it needs") {
  struct Case {
    std::chrono::microseconds time;
    std::string_view text;
  };
  const Case cases[] = {{0us, "0.0"},     {57us, "0.057"},     {100us, "0.1"},
                        {120us, "0.12"},  {12ms, "12.0"},      {3684us, "3.684"},
                        {-500us, "-0.5"}, {-1001us, "-1.001"}, {10min, "600000.0"}};
  for (const Case& c : cases) CHECK(value(c.time) == c.text);
}

TEST_CASE("a string is escaped where RFC 8259 asks for it") {
  struct Case {
    std::string raw;
    std::string_view text;
  };
  const Case cases[] = {
      {"", R"("")"},
      {"plain / text", R"("plain / text")"},
      {"\"quoted\" \\ ", R"("\"quoted\" \\ ")"},
      {"\b\f\n\r\t", R"("\b\f\n\r\t")"},
      {"\0\x1f\x7f"s, "\"\\u0000\\u001f\x7f\""},
      {"Müller", R"("Müller")"},
  };
  for (const Case& c : cases) CHECK(value(c.raw) == c.text);
}

TEST_CASE("printable ASCII is written in one go, wherever in a string something else stands") {
  for (std::size_t size = 0; size < 40; ++size) {
    const std::string plain(size, '~');
    CHECK(written([&](JsonWriter& json) { CHECK(json.printable_value(plain)); }) ==
          '"' + plain + '"');
    for (std::size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text = plain;
        text[at] = static_cast<char>(byte);
        const bool printable = byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
        bool taken = false;
        const std::string out = written([&](JsonWriter& json) {
          taken = json.printable_value(text);
          if (!taken) json.value(1);
        });
        if (taken != printable || out != (printable ? '"' + text + '"' : "1")) FAIL(text);
      }
    }
  }
}

TEST_CASE("what is longer than the room that is kept is whole") {
  const std::string plain(5000, 'x');
  CHECK(value(plain) == '"' + plain + '"');

  std::string escaped;
  for (int i = 0; i < 5000; ++i) escaped += "\\n";
  CHECK(value(std::string(5000, '\n')) == '"' + escaped + '"');
}

TEST_CASE("lines follow each other in one string") {
  std::string out;
  for (int i = 0; i < 3; ++i) {
    JsonWriter json(out);
    json.begin_array();
    json.value(i);
    json.end_array();
    json.end_line();
  }
  CHECK(out == "[0]\n[1]\n[2]\n");
}

}  // namespace
}  // namespace legible::proxy
