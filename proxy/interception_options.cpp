#include "proxy/interception_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <iterator>
#include <optional>
#include <utility>

#include "parser/iana_tables.hpp"
#include "proxy/ca_text.hpp"

namespace legible::proxy {
namespace {

template <class Enum>
struct Choice {
  std::string_view word;
  Enum value;
};

constexpr Choice<Mode> modes[] = {
    {"relay", Mode::relay}, {"intercept", Mode::intercept}, {"auto", Mode::automatic}};
constexpr Choice<BadServerCertificate> bad_certificate_choices[] = {
    {"mirror", BadServerCertificate::mirror},
    {"refuse", BadServerCertificate::refuse},
    {"accept", BadServerCertificate::accept}};
constexpr Choice<AskClientCertificate> ask_choices[] = {{"mirror", AskClientCertificate::mirror},
                                                        {"never", AskClientCertificate::never},
                                                        {"always", AskClientCertificate::always}};

template <class Enum, std::size_t count>
Enum one_of(const cxxopts::ParseResult& given, const std::string& option,
            const Choice<Enum> (&choices)[count]) {
  const auto& word = given[option].as<std::string>();
  const auto found = std::ranges::find(choices, word, &Choice<Enum>::word);
  if (found != std::end(choices)) return found->value;
  std::string wanted;
  for (const Choice<Enum>& choice : choices) {
    if (!wanted.empty()) wanted += &choice == std::end(choices) - 1 ? " or " : ", ";
    wanted += choice.word;
  }
  refuse(option, word, wanted + " is needed");
}

std::string text(const cxxopts::ParseResult& given, const std::string& option) {
  return given.count(option) == 0 ? std::string() : given[option].as<std::string>();
}

/// In the order in which they were given, for the first that matches wins.
std::vector<HostRule> rules(const cxxopts::ParseResult& given) {
  std::vector<HostRule> rules;
  for (const auto& argument : given.arguments()) {
    const bool relay = argument.key() == "relay";
    if (!relay && argument.key() != "intercept") continue;
    if (argument.value().empty()) refuse(argument.key(), "''", "a pattern is needed: *.example");
    rules.push_back({argument.value(), relay ? Mode::relay : Mode::intercept});
  }
  return rules;
}

std::optional<parser::ProtocolVersion> version(std::string_view text) {
  if (text == "1.2") return parser::tls12;
  if (text == "1.3") return parser::tls13;
  return std::nullopt;
}

std::vector<parser::CipherSuite> suites(const std::string& option, const std::string& list) {
  std::vector<parser::CipherSuite> suites;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    const std::string_view word = std::string_view(list).substr(begin, end - begin);
    std::uint32_t number = 0;
    while (number <= 0xffff &&
           parser::name(parser::CipherSuite{static_cast<std::uint16_t>(number)}) != word) {
      ++number;
    }
    const parser::CipherSuite suite{static_cast<std::uint16_t>(number)};
    if (word.empty() || number > 0xffff) {
      refuse(option, word, "no IANA name of a cipher suite (as TLS_AES_128_GCM_SHA256)");
    }
    if (!tls::is_available(suite)) refuse(option, word, "this program's TLS does not have it");
    suites.push_back(suite);
    begin = end + 1;
  }
  return suites;
}

tls::LegLimits limits(const cxxopts::ParseResult& given, const std::string& leg) {
  tls::LegLimits limits;
  const auto& range = given[leg + "-tls"].as<std::string>();
  const std::size_t dash = range.find('-');
  const auto low = version(range.substr(0, dash));
  const auto high = dash == std::string::npos ? low : version(range.substr(dash + 1));
  if (!low || !high || *low > *high) {
    refuse(leg + "-tls", range, "1.2-1.2, 1.2-1.3 or 1.3-1.3 is needed");
  }
  limits.lowest = *low;
  limits.highest = *high;
  if (given.count(leg + "-ciphers") > 0) {
    limits.ciphers = suites(leg + "-ciphers", text(given, leg + "-ciphers"));
  }
  return limits;
}

/// What servers will refuse it for. Empty: nothing that shows here.
std::string out_of_date(const certs::Certificate& certificate, certs::Seconds now) {
  if (certificate.not_after && *certificate.not_after < now) {
    return "expired " + certs::rfc3339(*certificate.not_after);
  }
  if (certificate.not_before && *certificate.not_before > now) {
    return "is not valid before " + certs::rfc3339(*certificate.not_before);
  }
  return {};
}

std::shared_ptr<const tls::Credential> load_credential(const ClientKeyFiles& files,
                                                       certs::Seconds now,
                                                       std::vector<std::string>& notices) {
  const auto credential = files.load();
  if (!credential) return nullptr;
  if (const auto fault = out_of_date(credential->chain.front(), now); !fault.empty()) {
    notices.push_back(fmt::format("--client-cert {}: it {}", files.certificate, fault));
  }
  return std::make_shared<const tls::Credential>(
      tls::Credential{credential->native, credential->key});
}

}  // namespace

bool InterceptionOptions::active() const {
  return mode != Mode::relay ||
         std::ranges::any_of(rules, [](const HostRule& rule) { return rule.mode != Mode::relay; });
}

void add_interception_options(cxxopts::Options& options) {
  // clang-format off
  options.add_options("Interception")
    ("mode", "relay: bytes pass untouched; intercept: TLS is ended on both legs; auto: intercept "
     "what can be, relay the rest",
     cxxopts::value<std::string>()->default_value("relay"), "relay|intercept|auto")
    ("intercept", "intercept these hosts, whatever the mode; repeatable, the first match wins",
     cxxopts::value<std::vector<std::string>>(), "GLOB")
    ("relay", "relay these hosts", cxxopts::value<std::vector<std::string>>(), "GLOB")
    ("ca-dir", "the interception CA's directory, made on first use; without it: "
     "$XDG_DATA_HOME/legible, mostly ~/.local/share/legible",
     cxxopts::value<std::string>(), "DIR")
    ("ca-cert", "a CA of one's own (PEM), with --ca-key", cxxopts::value<std::string>(), "FILE")
    ("ca-key", "its private key (PEM)", cxxopts::value<std::string>(), "FILE")
    ("ca-key-password-file", "its password, the first line; without it: the environment's "
     "LEGIBLE_CA_KEY_PASSWORD", cxxopts::value<std::string>(), "FILE")
    ("bad-server-cert", "mirror: the client is shown the same defect",
     cxxopts::value<std::string>()->default_value("mirror"), "mirror|refuse|accept")
    ("server-name", "SNI and name to verify on the server leg", cxxopts::value<std::string>(),
     "NAME")
    ("client-cert", "what to present to a server that asks (PEM, or PKCS#12)",
     cxxopts::value<std::string>(), "FILE")
    ("client-key", "its private key (default: in the same file)", cxxopts::value<std::string>(),
     "FILE")
    ("client-key-password-file", "its password, the first line; without it: the environment's "
     "LEGIBLE_CLIENT_KEY_PASSWORD", cxxopts::value<std::string>(), "FILE")
    ("ask-client-cert", "mirror: ask the client when the server asks",
     cxxopts::value<std::string>()->default_value("mirror"), "mirror|never|always")
    ("client-tls", "versions on the client leg",
     cxxopts::value<std::string>()->default_value("1.2-1.3"), "MIN-MAX")
    ("server-tls", "versions on the server leg",
     cxxopts::value<std::string>()->default_value("1.2-1.3"), "MIN-MAX")
    ("client-ciphers", "IANA names, comma separated", cxxopts::value<std::string>(), "LIST")
    ("server-ciphers", "likewise", cxxopts::value<std::string>(), "LIST")
    ("keylog", "NSS key log of both legs, appended", cxxopts::value<std::string>(), "FILE");
  // clang-format on
}

namespace {

/// What only interception does. --ca-dir asks for nothing: it says where things lie.
std::vector<std::string> asked_of_interception(const cxxopts::ParseResult& given) {
  std::vector<std::string> asked;
  for (const char* option :
       {"ca-cert", "ca-key", "ca-key-password-file", "bad-server-cert", "server-name",
        "client-cert", "client-key", "client-key-password-file", "ask-client-cert", "client-tls",
        "server-tls", "client-ciphers", "server-ciphers", "keylog"}) {
    if (given.count(option) > 0) asked.emplace_back(option);
  }
  return asked;
}

}  // namespace

InterceptionOptions interception_options(const cxxopts::ParseResult& given) {
  InterceptionOptions options;
  options.mode = one_of(given, "mode", modes);
  options.rules = rules(given);
  options.ca = {file_name(given, "ca-dir"), file_name(given, "ca-cert"), file_name(given, "ca-key"),
                file_name(given, "ca-key-password-file")};
  if (!options.ca.password.empty() && options.ca.key.empty()) {
    throw Refused{"--ca-key-password-file needs --ca-key"};
  }
  if (options.ca.certificate.empty() != options.ca.key.empty()) {
    throw Refused{"--ca-cert and --ca-key belong together"};
  }
  options.bad_server_certificate = one_of(given, "bad-server-cert", bad_certificate_choices);
  options.ask_client_certificate = one_of(given, "ask-client-cert", ask_choices);
  options.server_name = text(given, "server-name");
  options.client_credential = {file_name(given, "client-cert"), file_name(given, "client-key"),
                               file_name(given, "client-key-password-file")};
  if (options.client_credential.certificate.empty()) {
    for (const char* option : {"client-key", "client-key-password-file"}) {
      if (given.count(option) > 0) throw Refused{fmt::format("--{} needs --client-cert", option)};
    }
  }
  options.client_limits = limits(given, "client");
  options.server_limits = limits(given, "server");
  options.key_log = file_name(given, "keylog");
  if (!options.active()) options.idle = asked_of_interception(given);
  return options;
}

InterceptionSettings load_interception(const InterceptionOptions& options,
                                       std::vector<std::string>& notices) {
  // Who waits for a key log would wait in vain.
  for (const std::string& option : options.idle) {
    notices.push_back(fmt::format(
        "--{} has an effect only with --mode intercept or auto, or --intercept GLOB", option));
  }
  InterceptionSettings settings;
  if (!options.active()) return settings;
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  settings.mode = options.mode;
  settings.rules = options.rules;
  settings.bad_server_certificate = options.bad_server_certificate;
  settings.ask_client_certificate = options.ask_client_certificate;
  settings.server_name = options.server_name;
  settings.client_credential = load_credential(options.client_credential, now, notices);
  settings.client_limits = options.client_limits;
  settings.server_limits = options.server_limits;
  const bool makes_ca = !options.ca.is_there();
  const auto minter = std::make_shared<const certs::LeafMinter>(options.ca.load(now), now);
  if (makes_ca) {
    const std::string& named = options.ca.directory;
    notices.push_back(fmt::format("made a new CA in {}; clients must trust it: legible ca show{}",
                                  options.ca.used_directory().string(),
                                  named.empty() ? "" : " --ca-dir " + shell_word(named)));
  }
  settings.intercept_under(std::make_shared<certs::LeafCache>(minter));
  settings.leaf_keys = std::async(std::launch::async, [minter] { minter->make_keys(); });
  return settings;
}

}  // namespace legible::proxy
