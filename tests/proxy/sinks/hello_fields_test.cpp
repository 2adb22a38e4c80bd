#include "proxy/sinks/hello_fields.hpp"

#include <catch2/catch_test_macros.hpp>
#include <map>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "support/hello_builder.hpp"

using namespace legible;
using namespace legible::test;

namespace {

parser::ClientHello decoded(const ClientHelloSpec& spec) {
  const Bytes message = client_hello(spec);
  return std::get<parser::ClientHello>(parser::decode_client_hello(std::span(message).subspan(4)));
}

template <class Hello>
std::string fields_of(const Hello& hello) {
  std::string text;
  proxy::JsonWriter line(text);
  proxy::write_hello(line, hello);
  line.finish();
  return text;
}

std::string without_random(const std::string& fields) { return fields.substr(fields.find(',')); }

const ClientHelloSpec usual{.sni = "partner.example",
                            .alpn = {"h2", "http/1.1"},
                            .supported_versions = {0x0304, 0x0303},
                            .groups = {29, 23},
                            .signature_algorithms = {0x0804, 0x0403},
                            .key_shares = {{29, Bytes(32, 1)}},
                            .extensions = {{11, hex("01 00")}}};

}  // namespace

TEST_CASE("hellos that differ in one thing have different fields, in whatever order they come") {
  std::vector<ClientHelloSpec> specs(13, usual);
  specs[1].legacy_version = 0x0301;
  specs[2].ciphers.pop_back();
  specs[3].sni = "other.example";
  specs[4].alpn = {"http/1.1"};
  specs[5].supported_versions = {0x0303};
  specs[6].groups = {29, 24};
  specs[7].signature_algorithms = {0x0403, 0x0804};
  specs[8].extensions = {{11, hex("02 00 01")}};
  specs[9].extensions.push_back({23, {}});
  specs[10].key_shares = {{23, Bytes(65, 4)}};
  specs[11].session_id = Bytes(32, 9);
  specs[12].compression = {1, 0};
  std::map<std::string, std::size_t> seen;
  for (int round = 0; round < 2; ++round) {
    for (std::size_t i = 0; i < specs.size(); ++i) {
      const auto [entry, fresh] = seen.emplace(fields_of(decoded(specs[i])), i);
      CHECK(entry->second == i);
    }
  }
  CHECK(seen.size() == specs.size());
}

TEST_CASE("of what a client draws anew for each connection only its random is a field") {
  ClientHelloSpec first = usual;
  first.session_id = Bytes(32, 1);
  ClientHelloSpec second = first;
  second.random.fill(0xab);
  second.session_id = Bytes(32, 2);
  second.key_shares = {{29, Bytes(32, 2)}};
  const std::string fields = fields_of(decoded(second));
  CHECK(fields.starts_with("\"random\":\"abababab"));
  CHECK(without_random(fields) == without_random(fields_of(decoded(first))));
}

TEST_CASE("a hello that is too large to be remembered has its own fields") {
  ClientHelloSpec large = usual;
  large.ciphers.assign(5000, 0x1301);
  ClientHelloSpec other = large;
  other.signature_algorithms.pop_back();
  const std::string fields = fields_of(decoded(large));
  CHECK(fields_of(decoded(other)) != fields);
  CHECK(fields_of(decoded(large)) == fields);
}

TEST_CASE("answers that differ in one thing have different fields") {
  parser::ServerHello hello;
  hello.legacy_version = parser::tls12;
  hello.version = parser::tls13;
  hello.cipher = {0x1302};
  hello.extensions = {{43}, {51}};
  const std::string first = fields_of(hello);
  CHECK(first.find(R"("ja3s":"771,4866,43-51","ja3s_hash":"15af977ce25de452b96affa2addb1036")") !=
        std::string::npos);
  hello.psk_selected = true;
  CHECK(fields_of(hello) != first);
  hello.psk_selected = false;
  hello.random.fill(1);
  CHECK(without_random(fields_of(hello)) == without_random(first));
}
