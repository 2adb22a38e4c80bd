#include "proxy/options/interception_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <utility>

#include "proxy/commands/ca_text.hpp"
#include "proxy/ways/ca_pages.hpp"

namespace legible::proxy {
namespace {

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

}  // namespace

bool InterceptionOptions::active() const {
  return mode != Mode::relay ||
         std::ranges::any_of(rules,
                             [](const HostRule& rule) { return rule.mode != Mode::relay; }) ||
         std::ranges::any_of(exceptions, [](const HostExceptionOptions& exception) {
           return exception.mode.value_or(Mode::relay) != Mode::relay;
         });
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
    ("keylog", "NSS key log of both legs, appended", cxxopts::value<std::string>(), "FILE");
  // clang-format on
  add_host_options(options);
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
  options.mode = mode_option(given);
  options.rules = rules(given);
  options.ca = {file_name(given, "ca-dir"), file_name(given, "ca-cert"), file_name(given, "ca-key"),
                file_name(given, "ca-key-password-file")};
  if (!options.ca.password.empty() && options.ca.key.empty()) {
    throw Refused{"--ca-key-password-file needs --ca-key"};
  }
  if (options.ca.certificate.empty() != options.ca.key.empty()) {
    throw Refused{"--ca-cert and --ca-key belong together"};
  }
  options.everywhere = host_options(given);
  options.key_log = file_name(given, "keylog");
  if (!options.active()) options.idle = asked_of_interception(given);
  return options;
}

InterceptionSettings load_interception(const InterceptionOptions& options,
                                       std::vector<std::string>& notices,
                                       const InterceptionSettings* before) {
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
  settings.everywhere = load_host(options.everywhere, now, notices);
  for (const HostExceptionOptions& exception : options.exceptions) {
    settings.exceptions.push_back(
        {exception.glob, exception.mode, load_host(exception.options, now, notices)});
  }
  const bool makes_ca = !options.ca.is_there();
  certs::InterceptionCa ca = options.ca.load(now);
  if (makes_ca) {
    const std::string& named = options.ca.directory;
    notices.push_back(fmt::format("made a new CA in {}; clients must trust it: legible ca show{}",
                                  options.ca.used_directory().string(),
                                  named.empty() ? "" : " --ca-dir " + shell_word(named)));
  }
  if (before && before->active() &&
      before->leaves->ca().certificates_pem() == ca.certificates_pem()) {
    settings.intercept_under(before->leaves);
    settings.leaf_keys = before->leaf_keys;
    settings.pages = before->pages;
    return settings;
  }
  const auto minter = std::make_shared<const certs::LeafMinter>(std::move(ca), now);
  settings.intercept_under(std::make_shared<certs::LeafCache>(minter));
  settings.pages = ca_pages(minter->ca().signers());
  settings.leaf_keys = std::async(std::launch::async, [minter] { minter->make_keys(); });
  return settings;
}

}  // namespace legible::proxy
