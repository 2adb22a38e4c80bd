#include "proxy/options/config_file.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <string>
#include <vector>

namespace {

using namespace legible::proxy;
using Type = ConfigValue::Type;

ConfigFile read(const std::string& text) {
  std::vector<ConfigError> errors;
  ConfigFile file = read_config(text, "f.toml", errors);
  for (const ConfigError& error : errors) FAIL(config_error_text("f.toml", error));
  return file;
}

}  // namespace

TEST_CASE("a configuration file is read in the order in which it stands") {
  const ConfigFile file = read(R"(to = "a:1"
idle_timeout = 60
json = true
crl = ["z.pem", "a.pem"]

[host."z.example"]
mode = "relay"
client_cert = "c.pem"

[[listener]]
listen = 8443

[host."*.example"]

[[listener]]
forward = true

[hosts]
"b.example" = "10.0.0.2"
"a.example" = "10.0.0.1"
)");
  CHECK(file.path == "f.toml");
  REQUIRE(file.general.entries.size() == 4);
  CHECK(file.general.entries[0].key == "to");
  CHECK(file.general.entries[1].key == "idle-timeout");
  CHECK(file.general.entries[1].line == 2);
  CHECK(file.general.entries[1].values.front().type == Type::integer);
  CHECK(file.general.entries[1].values.front().text == "60");
  CHECK(file.general.entries[2].values.front().type == Type::boolean);
  CHECK_FALSE(file.general.entries[2].is_list);
  CHECK(file.general.entries[3].is_list);
  CHECK(file.general.entries[3].values.size() == 2);
  REQUIRE(file.hosts.size() == 2);
  CHECK(file.hosts[0].name == "z.example");
  CHECK(file.hosts[0].line == 6);
  CHECK(file.hosts[0].entries[1].key == "client-cert");
  CHECK(file.hosts[0].entries[1].line == 8);
  CHECK(file.hosts[1].name == "*.example");
  CHECK(file.hosts[1].entries.empty());
  REQUIRE(file.listeners.size() == 2);
  CHECK(file.listeners[1].entries.front().key == "forward");
  REQUIRE(file.addresses.entries.size() == 2);
  CHECK(file.addresses.entries[0].key == "b.example");
}

TEST_CASE("what is no configuration is told with its line") {
  struct Case {
    std::string text;
    std::size_t line;
    std::string told;
  };
  const auto c = GENERATE(values<Case>({
      {"to = a:1", 1, ""},
      {"a = 1\nb = \"x", 2, ""},
      {"a = 1\na = 2", 2, ""},
      {"\nclient_cert = 'a'\nclient-cert = 'b'", 3, "client-cert is given twice"},
      {"[listener]\nlisten = 1", 1, "[[listener]]"},
      {"a = 1\nlistener = 3", 2, "[[listener]]"},
      {"host = 1", 1, "a table is needed"},
      {"[host]\nx = 1", 2, "a table is needed"},
      {"hosts = []", 1, "a table is needed"},
      {"[host.a.example]\nmode = 'relay'", 1, "quotation marks"},
      {"a = 1\n[hots]\n", 2, "no table 'hots'"},
      {"a.b = 1", 1, "no table 'a'"},
  }));
  CAPTURE(c.text);
  std::vector<ConfigError> errors;
  read_config(c.text, "f.toml", errors);
  REQUIRE(errors.size() == 1);
  CAPTURE(errors.front().message);
  CHECK(errors.front().line == c.line);
  CHECK(errors.front().message.find(c.told) != std::string::npos);
  CHECK(config_error_text("f.toml", errors.front()).starts_with("f.toml:"));
}
