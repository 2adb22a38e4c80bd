// From a configuration file, and a command line, to options.

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "proxy/options/options.hpp"

namespace {

using namespace legible::proxy;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Words = std::vector<std::string>;

auto parse(const std::string& text, const Words& words = {}) {
  std::vector<ConfigError> errors;
  const ConfigFile file = read_config(text, "/etc/legible/f.toml", errors);
  for (const ConfigError& error : errors) FAIL(error.message);
  std::vector<const char*> argv{"run", "--config=/etc/legible/f.toml"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  return parse_run_options(static_cast<int>(argv.size()), argv.data(), 3, file);
}

RunOptions accepted(const std::string& text, const Words& words = {}) {
  const auto parsed = parse(text, words);
  if (const auto* faults = std::get_if<ConfigFaults>(&parsed)) FAIL(faults->errors[0].message);
  if (const auto* error = std::get_if<UsageError>(&parsed)) FAIL(error->message);
  return std::get<RunOptions>(parsed);
}

}  // namespace

TEST_CASE("the path of the configuration file is found among the other words") {
  const auto path = [](std::vector<const char*> argv) {
    argv.insert(argv.begin(), "run");
    return config_path(static_cast<int>(argv.size()), argv.data());
  };
  CHECK(path({"--config", "a.toml", "--to", "x"}) == "a.toml");
  CHECK(path({"--to", "a:1"}).empty());
  CHECK(path({"--config", "a.toml", "--frob"}).empty());
}

TEST_CASE("a configuration file's keys are the options") {
  const RunOptions options = accepted(R"(
to = "partner.example:443"
connect_timeout = 5
idle-timeout = 60
json = true
trust = ["a.pem", "/b.pem"]
crl = "c.pem"
log = "log/x.jsonl"
mode = "auto"
relay = ["*.bank.example"]
intercept = "x"
client_cert = "client.pem"
)");
  CHECK(options.ways.listeners.front().target.host == "partner.example");
  CHECK(options.timeouts.connect == 5s);
  CHECK(options.timeouts.handshake == 20s);
  CHECK(options.timeouts.idle == 60s);
  CHECK(options.format == OutputFormat::json);
  // Beside the file.
  CHECK(options.trust.server == Words{"/etc/legible/a.pem", "/b.pem"});
  CHECK(options.trust.revocations == Words{"/etc/legible/c.pem"});
  CHECK(options.log_file == "/etc/legible/log/x.jsonl");
  CHECK(options.interception.mode == Mode::automatic);
  REQUIRE(options.interception.rules.size() == 2);
  CHECK(options.interception.rules[0].glob == "*.bank.example");
  CHECK(options.interception.everywhere.client_credential.certificate == "/etc/legible/client.pem");
}

TEST_CASE("the command line goes before the file, option by option") {
  const std::string file = R"(
to = "file:1"
listen = [8443, "127.0.0.1:8444"]
connect-timeout = 5
idle-timeout = 6
format = "json"
mode = "intercept"
relay = ["a", "b"]
client-cert = "c.pem"
client-key = "k.pem"
)";
  const RunOptions options =
      accepted(file, {"--to", "typed:2", "--idle-timeout", "7", "--format", "text", "--intercept",
                      "x", "--client-cert", "typed.pem"});
  REQUIRE(options.ways.listeners.size() == 2);
  CHECK(options.ways.listeners[1].address.port() == 8444);
  CHECK(options.ways.listeners.front().target.host == "typed");
  CHECK(options.timeouts.connect == 5s);
  CHECK(options.timeouts.idle == 7s);
  CHECK(options.format == OutputFormat::text);
  CHECK(options.interception.mode == Mode::intercept);
  REQUIRE(options.interception.rules.size() == 1);
  CHECK(options.interception.rules[0].glob == "x");
  CHECK(options.interception.everywhere.client_credential.certificate == "typed.pem");
  CHECK(options.interception.everywhere.client_credential.key.empty());
}

TEST_CASE("a host's table changes what is so everywhere, in the order of the file") {
  const auto interception = accepted(R"(
to = "a:1"
server-name = "general"
trust = "general.pem"
crl = "general-crl.pem"

[host."z.example"]
mode = "intercept"
client-cert = "z.p12"
server_tls = "1.2"

[host."*.example"]
trust = ["one.pem", "two.pem"]
bad-server-cert = "accept"
)")
                                .interception;
  CHECK(interception.active());
  CHECK(interception.idle.empty());
  CHECK(interception.mode == Mode::relay);
  REQUIRE(interception.exceptions.size() == 2);
  const HostExceptionOptions& first = interception.exceptions[0];
  CHECK(first.glob == "z.example");
  CHECK(first.mode == Mode::intercept);
  CHECK_FALSE(first.trust);
  CHECK(first.options.server_name == "general");
  CHECK(first.options.client_credential.certificate == "/etc/legible/z.p12");
  CHECK(first.options.server_limits.highest == legible::parser::tls12);
  const HostExceptionOptions& second = interception.exceptions[1];
  CHECK_FALSE(second.mode);
  CHECK(second.options.bad_server_certificate == BadServerCertificate::accept);
  CHECK(second.options.server_limits.highest == legible::parser::tls13);
  REQUIRE(second.trust);
  CHECK(second.trust->server == Words{"/etc/legible/one.pem", "/etc/legible/two.pem"});
  CHECK(second.trust->revocations == Words{"/etc/legible/general-crl.pem"});
}

TEST_CASE("each listener leads to its own server") {
  const std::string file = R"(
[[listener]]
listen = 8443
to = "one.example:443"
[[listener]]
listen = ["127.0.0.2:8444", 8445]
to = "two.example:443"
)";
  const auto listeners = accepted(file).ways.listeners;
  REQUIRE(listeners.size() == 3);
  CHECK(listeners[0].target.host == "one.example");
  CHECK(listeners[1].address.text() == "127.0.0.2:8444");
  CHECK(listeners[2].target.host == "two.example");
  const auto typed = accepted(file, {"--to", "typed:1", "--listen", "0"}).ways.listeners;
  REQUIRE(typed.size() == 1);
  CHECK(typed[0].target.host == "typed");
}

TEST_CASE("listeners lead by different ways, and names to addresses of their own") {
  const auto ways = accepted(R"(
proxy-auth = "u:p"
[[listener]]
listen = 8443
forward = true
[[listener]]
listen = 443
by-sni = 8443
[[listener]]
listen = 444
transparent = true
[hosts]
"Partner.example" = "203.0.113.7"
)")
                        .ways;
  REQUIRE(ways.listeners.size() == 3);
  CHECK(ways.listeners[0].way == WayIn::forward);
  CHECK(ways.listeners[1].way == WayIn::by_sni);
  CHECK(ways.listeners[1].target.port == 8443);
  CHECK(ways.listeners[2].way == WayIn::transparent);
  CHECK(ways.addresses == NamedAddresses{{"partner.example", "203.0.113.7"}});
  CHECK(ways.rules.credentials == ProxyCredentials{"u", "p"});
}

TEST_CASE("a fault of the file is told with its line") {
  struct Case {
    std::string text;
    std::size_t line;
    std::string told;
  };
  const auto c = GENERATE(values<Case>({
      {"to = 'a:1'\nmod = 'relay'", 2, "'mod' is no setting here; did you mean mode?"},
      {"to = 'a:1'\nqqqqqqq = 1", 2, "'qqqqqqq' is no setting here"},
      {"to = 'a:1'\nhelp = true", 2, "is no setting here"},
      {"to = 'a:1'\nconfig = 'x'", 2, "is no setting here"},
      {"to = 'a:1'\nconnect-timeout = '5'", 2, "connect-timeout: a whole number is needed"},
      {"to = 'a:1'\nconnect-timeout = 0", 2, "connect-timeout 0: a whole number from 1"},
      {"to = 'a:1'\nconnect-timeout = -1", 2, "connect-timeout -1: a whole number from 1"},
      {"to = 'a:1'\nidle-timeout = 1.5", 2, "a whole number is needed"},
      {"to = 'a:1'\njson = 'yes'", 2, "json: true or false is needed"},
      {"to = 'a:1'\nlog = 5", 2, "log: a text in quotation marks is needed"},
      {"to = 'a:1'\nlog = ''", 2, "log '': a file name is needed"},
      {"to = true", 1, "to: a text in quotation marks is needed"},
      {"to = ['a:1']", 1, "to: one value is needed, no list"},
      {"to = 'a:1'\ntrust = ['x', 3]", 2, "trust: a text in quotation marks is needed"},
      {"to = 'a:1'\ntrust = [['x']]", 2, "trust: a text in quotation marks is needed"},
      {"to = 'a'", 1, "to a: the port is missing"},
      {"to = 'a:1'\nlisten = 99999", 2, "listen 99999: a port is from 0 to 65535"},
      {"to = 'a:1'\nmode = 'both'", 2, "mode both: relay, intercept or auto is needed"},
      {"to = 'a:1'\nca-cert = 'x'", 2, "ca-cert and --ca-key belong together"},
      {"listen = 1\n[[listener]]\nlisten = 2\nto = 'a:1'", 1, "each [[listener]] has its own"},
      {"to = 'a:1'\n[[listener]]\nto = 'a:1'\n", 2, "listen is needed"},
      {"[[listener]]\nlisten = 1\nto = 'a'", 3, "to a: the port is missing"},
      {"[[listener]]\nlisten = 1\nto = 'a:1'\nmode = 'relay'", 4, "'mode' is no setting here"},
      {"to = 'a:1'\n[hosts]\n'x' = 'y.example'", 3, "x: an address is needed, without port"},
      {"to = 'a:1'\n[hosts]\n'x' = '10.0.0.1:443'", 3, "x: an address is needed"},
      {"[[listener]]\nlisten = 1", 1, "to, forward, by-sni or transparent is needed"},
      {"to = 'a:1'\n[host.'x']\nmodes = 1", 3, "did you mean mode?"},
      {"to = 'a:1'\n[host.'x']\nmode = 1", 3, "mode 1: relay, intercept"},
      {"to = 'a:1'\n[host.'x']\nlisten = 1", 3, "'listen' is no setting here"},
      {"to = 'a:1'\n[host.'x']\nclient-key = 'k'", 3, "client-key needs --client-cert"},
      {"to = 'a:1'\n[host.'x']\nclient-tls = '1.1'", 3, "client-tls 1.1: 1.2-1.2"},
      {"to = 'a:1'\n[host.'']\n", 2, "a pattern is needed"},
  }));
  CAPTURE(c.text);
  const auto parsed = parse(c.text);
  REQUIRE(std::holds_alternative<ConfigFaults>(parsed));
  const auto& errors = std::get<ConfigFaults>(parsed).errors;
  REQUIRE(errors.size() == 1);
  CHECK(errors.front().line == c.line);
  CHECK_THAT(errors.front().message, ContainsSubstring(c.told));
}

TEST_CASE("all faults are told, in the order of the file") {
  const auto parsed = parse(R"(
to = "a"
connect-timeout = 0
idle-timeout = 0
[host."x"]
mod = "relay"
client-tls = "2"
)");
  const auto& errors = std::get<ConfigFaults>(parsed).errors;
  std::vector<std::size_t> lines;
  for (const ConfigError& error : errors) lines.push_back(error.line);
  CHECK(lines == std::vector<std::size_t>{2, 3, 4, 6, 7});
}

TEST_CASE("the example of the documentation is understood") {
  std::ifstream page(LEGIBLE_SOURCE_DIR "/docs/configuration.md");
  std::string text{std::istreambuf_iterator<char>(page), {}};
  const std::string begin = "```toml\n";
  REQUIRE(text.find(begin) != std::string::npos);
  text.erase(0, text.find(begin) + begin.size());
  text.erase(text.find("```"));
  const RunOptions options = accepted(text);
  CHECK(options.interception.exceptions.size() == 3);
  CHECK(options.interception.ca.directory == "/etc/legible/ca");
}

TEST_CASE("what is wrong with the command line is not the file's fault") {
  const auto usage = [](const std::string& text, const Words& words) {
    const auto parsed = parse(text, words);
    REQUIRE(std::holds_alternative<UsageError>(parsed));
    return std::get<UsageError>(parsed).message;
  };
  CHECK_THAT(usage("connect-timeout = 3", {"--to", "a:1", "--connect-timeout", "0"}),
             ContainsSubstring("--connect-timeout 0"));
  CHECK_THAT(usage("json = true", {}), ContainsSubstring("--to"));
  CHECK_THAT(usage("to = 'a:1'", {"--frob"}), ContainsSubstring("--frob is no option"));
}
