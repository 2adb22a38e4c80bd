// Every capture of tests/data/captures against what tshark decodes of it (its .json).

#include <mbedtls/md5.h>
#include <mbedtls/sha256.h>
#include <rapidjson/document.h>
#include <rapidjson/istreamwrapper.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "parser/fingerprint.hpp"
#include "proxy/capture/decoded_capture.hpp"

namespace legible::capture {
namespace {

namespace fs = std::filesystem;
using Json = rapidjson::Value;
using Lines = std::vector<std::string>;
using Numbers = std::vector<unsigned>;

const fs::path folder = fs::path{LEGIBLE_TEST_DATA} / "captures";

// --- values to text, the same for both decoders ---------------------------------------------

std::string hex(std::span<const std::uint8_t> bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 0xf];
  }
  return text;
}

std::array<std::uint8_t, 32> sha256(std::span<const std::uint8_t> bytes) {
  std::array<std::uint8_t, 32> digest{};
  mbedtls_sha256(bytes.data(), bytes.size(), digest.data(), 0);
  return digest;
}

std::array<std::uint8_t, 16> md5(std::span<const std::uint8_t> bytes) {
  std::array<std::uint8_t, 16> digest{};
  mbedtls_md5(bytes.data(), bytes.size(), digest.data());
  return digest;
}

template <class WireNumbers>
Numbers numbers(const WireNumbers& values) {
  Numbers result;
  for (const auto& value : values) result.push_back(value.value);
  return result;
}

Numbers numbers(const Json& object, const char* field) {
  Numbers result;
  for (const Json& value : object[field].GetArray()) result.push_back(value.GetUint());
  return result;
}

Lines texts(const Json& object, const char* field) {
  Lines result;
  for (const Json& value : object[field].GetArray()) result.emplace_back(value.GetString());
  return result;
}

Lines messages(const Json& stream, const std::string& side) {
  Lines lines;
  for (const Json& message : stream["messages"].GetArray()) {
    if (message["from"].GetString() != side) continue;
    std::string line = message["type"].GetString();
    if (message.HasMember("name")) line += std::string{" "} + message["name"].GetString();
    lines.push_back(std::move(line));
  }
  return lines;
}

template <class Kind>
std::vector<std::pair<Side, Kind>> all(const DecodedConnection& connection) {
  std::vector<std::pair<Side, Kind>> result;
  for (const auto& [from, observation] : connection.observations) {
    if (const auto* kind = std::get_if<Kind>(&observation)) result.emplace_back(from, *kind);
  }
  return result;
}

std::vector<const Json*> all(const Json& stream, const std::string& type) {
  std::vector<const Json*> result;
  for (const Json& message : stream["messages"].GetArray()) {
    if (message["type"].GetString() == type) result.push_back(&message);
  }
  return result;
}

// --- the comparison -------------------------------------------------------------------------

void check_client_hello(const parser::ClientHello& hello, const Json& expected) {
  CHECK(hello.record_version.value == expected["record_version"].GetUint());
  CHECK(hello.legacy_version.value == expected["legacy_version"].GetUint());
  CHECK(hex(hello.random) == expected["random"].GetString());
  CHECK(hello.session_id_length == expected["session_id_length"].GetUint());
  CHECK(numbers(hello.ciphers) == numbers(expected, "cipher_suites"));
  CHECK(numbers(hello.compression) == numbers(expected, "compression_methods"));
  CHECK(numbers(hello.extensions) == numbers(expected, "extensions"));
  CHECK(numbers(hello.supported_versions) == numbers(expected, "supported_versions"));
  CHECK(numbers(hello.groups) == numbers(expected, "supported_groups"));
  CHECK(Numbers(hello.ec_point_formats.begin(), hello.ec_point_formats.end()) ==
        numbers(expected, "ec_point_formats"));
  CHECK(numbers(hello.signature_algorithms) == numbers(expected, "signature_algorithms"));
  CHECK(numbers(hello.key_shares) == numbers(expected, "key_share_groups"));
  CHECK(hello.alpn == texts(expected, "alpn"));
  CHECK((hello.sni.empty() ? Lines{} : Lines{hello.sni}) == texts(expected, "sni"));
  CHECK(hello.psk_identities == expected["psk_identities"].GetUint());
  const std::string ja3 = parser::ja3(hello);
  CHECK(ja3 == expected["ja3_full"].GetString());
  CHECK(parser::ja3_hash(ja3, md5) == expected["ja3"].GetString());
  CHECK(parser::ja4(hello, sha256) == expected["ja4"].GetString());
  CHECK(parser::ja4_r(hello) == expected["ja4_r"].GetString());
}

void check_sslv2_client_hello(const parser::ClientHello& hello, const Json& expected) {
  CHECK(hello.legacy_version.value == expected["version"].GetUint());
  CHECK(Numbers(hello.sslv2_cipher_specs.begin(), hello.sslv2_cipher_specs.end()) ==
        numbers(expected, "cipher_specs"));
}

void check_server_hello(const parser::ServerHello& hello, const Json& expected) {
  CHECK(hello.legacy_version.value == expected["legacy_version"].GetUint());
  CHECK(hello.version.value == expected["selected_version"].GetUint());
  CHECK(hex(hello.random) == expected["random"].GetString());
  CHECK(hello.session_id_length == expected["session_id_length"].GetUint());
  CHECK(hello.cipher.value == expected["cipher_suite"].GetUint());
  CHECK(hello.compression.value == expected["compression_method"].GetUint());
  CHECK(numbers(hello.extensions) == numbers(expected, "extensions"));
  CHECK(hello.hello_retry_request == expected["hello_retry_request"].GetBool());
  CHECK((hello.group ? Numbers{hello.group->value} : Numbers{}) ==
        numbers(expected, "key_share_groups"));
  CHECK((hello.alpn ? Lines{*hello.alpn} : Lines{}) == texts(expected, "alpn"));
  CHECK(parser::ja3_hash(parser::ja3s(hello), md5) == expected["ja3s"].GetString());
}

void check_certificates(const parser::CertificateMessage& message, const Json& expected) {
  Lines ours;
  for (const auto& der : message.chain) ours.push_back(hex(sha256(der)));
  Lines theirs;
  for (const Json& certificate : expected["certificates"].GetArray()) {
    theirs.emplace_back(certificate["sha256"].GetString());
  }
  CHECK(ours == theirs);
}

void check_hellos_and_certificates(const DecodedConnection& connection, const Json& stream) {
  const auto client_hellos = all<parser::Shared<parser::ClientHello>>(connection);
  auto expected_hellos = all(stream, "sslv2_client_hello");
  std::ranges::copy(all(stream, "client_hello"), std::back_inserter(expected_hellos));
  CHECK(client_hellos.size() == expected_hellos.size());
  for (std::size_t i = 0; i < std::min(client_hellos.size(), expected_hellos.size()); ++i) {
    const parser::ClientHello& hello = *client_hellos[i].second;
    CHECK(client_hellos[i].first == Side::client);
    if (hello.sslv2_format) {
      check_sslv2_client_hello(hello, *expected_hellos[i]);
    } else {
      check_client_hello(hello, *expected_hellos[i]);
    }
  }

  std::vector<parser::Shared<parser::ServerHello>> server_hellos;
  for (const auto& [from, hello] : all<parser::Shared<parser::ServerHello>>(connection)) {
    if (!hello->sslv2_format) server_hellos.push_back(hello);
  }
  const auto expected_server_hellos = all(stream, "server_hello");
  CHECK(server_hellos.size() == expected_server_hellos.size());
  for (std::size_t i = 0; i < std::min(server_hellos.size(), expected_server_hellos.size()); ++i) {
    check_server_hello(*server_hellos[i], *expected_server_hellos[i]);
  }

  const auto chains = all<parser::Shared<parser::CertificateMessage>>(connection);
  const auto expected_chains = all(stream, "certificate");
  CHECK(chains.size() == expected_chains.size());
  for (std::size_t i = 0; i < std::min(chains.size(), expected_chains.size()); ++i) {
    check_certificates(*chains[i].second, *expected_chains[i]);
  }
}

void check_end(const DecodedConnection& connection, const Json& stream) {
  const Json& close = stream["close"];
  REQUIRE(connection.ends.empty() == close.IsNull());
  if (close.IsNull()) return;
  const auto& [side, how] = connection.ends.front();
  CHECK((side == Side::client ? "client" : "server") == std::string{close["first_by"].GetString()});
  CHECK((how == parser::StreamEnd::rst ? "RST" : "FIN") == std::string{close["how"].GetString()});
}

void check_bytes(const DecodedConnection& connection, const Json& stream) {
  for (const auto& [side, name] : {std::pair{Side::client, "client"}, {Side::server, "server"}}) {
    const auto& first = connection.first_bytes[static_cast<std::size_t>(side)];
    // tshark's are those of the first segment, which may be short.
    const Json& expected = stream["first_bytes"];
    CHECK(first.empty() != expected.HasMember(name));
    if (expected.HasMember(name)) CHECK(hex(first).starts_with(expected[name].GetString()));
  }
}

void check_messages(const DecodedConnection& connection, const Json& stream) {
  CHECK(messages(connection, Side::client) == messages(stream, "client"));
  CHECK(messages(connection, Side::server) == messages(stream, "server"));
}

rapidjson::Document read_json(const fs::path& path) {
  std::ifstream file(path);
  rapidjson::IStreamWrapper stream{file};
  rapidjson::Document document;
  document.ParseStream(stream);
  REQUIRE_FALSE(document.HasParseError());
  return document;
}

KeyLog read_keys(const fs::path& path) {
  KeyLog key_log;
  std::ifstream file(path);
  key_log.read(file);
  return key_log;
}

std::vector<fs::path> captures() {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto extension = entry.path().extension();
    if (extension == ".pcap" || extension == ".pcapng") paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  return paths;
}

/// tshark writes IPv6 addresses without brackets.
std::string endpoint(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (text.find(':') == colon) return text;
  return "[" + text.substr(0, colon) + "]" + text.substr(colon);
}

const DecodedConnection* find(const DecodedCapture& capture, const Json& stream) {
  const auto found = std::ranges::find_if(capture.connections, [&](const auto& connection) {
    return connection.client == endpoint(stream["client"].GetString()) &&
           connection.server == endpoint(stream["server"].GetString());
  });
  return found == capture.connections.end() ? nullptr : &*found;
}

/// Streams of which tshark says something wrong, or less: each has a test case of its own below.
bool tshark_differs(const std::string& capture, const Json& stream) {
  const int number = stream["stream"].GetInt();
  return (capture == "ndpi-bad-cipher-lengths.pcapng" &&
          (number == 1 || number == 2 || number == 4)) ||
         capture == "suricata-der-cut.pcap" || capture == "zeek-protocol-violation.pcap" ||
         capture == "zeek-ssl-v2.pcap";
}

TEST_CASE("every capture says what tshark says") {
  const auto paths = captures();
  REQUIRE(paths.size() == 32);
  for (const fs::path& path : paths) {
    const auto expected = read_json(path.string() + ".json");
    const DecodedCapture capture = decode_capture(path.string());
    for (const Json& stream : expected["streams"].GetArray()) {
      const DecodedConnection* connection = find(capture, stream);
      INFO(path.filename() << ", stream " << stream["stream"].GetInt() << ", "
                           << stream["client"].GetString());
      REQUIRE(connection);
      if (!tshark_differs(path.filename(), stream)) {
        check_hellos_and_certificates(*connection, stream);
        check_messages(*connection, stream);
      }
      check_end(*connection, stream);
      check_bytes(*connection, stream);
    }
  }
}

TEST_CASE("with its key log a capture gives the messages that tshark decrypts") {
  for (const fs::path& path : captures()) {
    const fs::path keys = path.string() + ".keys";
    if (!fs::exists(keys)) continue;
    const auto expected = read_json(path.string() + ".json");
    const DecodedCapture capture = decode_capture(path.string(), read_keys(keys));
    for (const Json& stream : expected["streams"].GetArray()) {
      const DecodedConnection* connection = find(capture, stream);
      INFO(path.filename() << ", stream " << stream["stream"].GetInt());
      REQUIRE(connection);
      const std::string number = std::to_string(stream["stream"].GetInt());
      const Lines all_messages = texts(expected["decrypted_messages"], number.c_str());
      for (const auto& [side, name] :
           {std::pair{Side::client, "client "}, {Side::server, "server "}}) {
        Lines theirs;
        for (const std::string& line : all_messages) {
          if (line.starts_with(name)) theirs.push_back(line.substr(7));
        }
        CHECK(messages(*connection, side) == theirs);
      }
    }
  }
}

Lines malformed(const DecodedConnection& connection, Side side) {
  Lines lines;
  for (const auto& [from, what] : all<parser::Malformed>(connection)) {
    if (from == side) lines.push_back(what.what + " " + what.field);
  }
  return lines;
}

TEST_CASE("ndpi-bad-cipher-lengths: tshark shows parts of a hello that breaks its own lengths") {
  const DecodedCapture capture = decode_capture(folder / "ndpi-bad-cipher-lengths.pcapng");
  REQUIRE(capture.connections.size() == 5);
  for (const auto& [number, part] :
       {std::pair{1u, "cipher_suites"}, {2u, "cipher_suites"}, {4u, "extensions"}}) {
    CAPTURE(number);
    const DecodedConnection& connection = capture.connections[number];
    CHECK(messages(connection, Side::client).empty());
    CHECK(malformed(connection, Side::client) == Lines{std::string{"ClientHello "} + part});
  }
}

TEST_CASE("suricata-der-cut: tshark takes the length inside the DER for the certificate's") {
  const DecodedCapture capture = decode_capture(folder / "suricata-der-cut.pcap");
  REQUIRE(capture.connections.size() == 1);
  const auto chains = all<parser::Shared<parser::CertificateMessage>>(capture.connections[0]);
  REQUIRE(chains.size() == 1);
  REQUIRE(chains[0].second->chain.size() == 1);
  CHECK(hex(chains[0].second->chain[0]) == "30053084fffffffa04");
  // The file is damaged behind the handshake: a packet of 4325376 bytes.
  CHECK(capture.error.find("4325376") != std::string::npos);
}

TEST_CASE("zeek-protocol-violation: tshark shows a Certificate whose list exceeds its message") {
  const DecodedCapture capture = decode_capture(folder / "zeek-protocol-violation.pcap");
  REQUIRE(capture.connections.size() == 1);
  const DecodedConnection& connection = capture.connections[0];
  CHECK(messages(connection, Side::server) == Lines{"server_hello", "encrypted_handshake"});
  CHECK(malformed(connection, Side::server).front() == "Certificate certificate_list");
}

TEST_CASE("zeek-ssl-v2: tshark shows the certificate as a part of the server's hello") {
  const auto expected = read_json(folder / "zeek-ssl-v2.pcap.json");
  const Json& stream = expected["streams"][0];
  const DecodedCapture capture = decode_capture(folder / "zeek-ssl-v2.pcap");
  REQUIRE(capture.connections.size() == 1);
  const DecodedConnection& connection = capture.connections[0];
  const auto hellos = all<parser::Shared<parser::ClientHello>>(connection);
  REQUIRE(hellos.size() == 1);
  check_sslv2_client_hello(*hellos[0].second, *all(stream, "sslv2_client_hello").at(0));
  const auto chains = all<parser::Shared<parser::CertificateMessage>>(connection);
  REQUIRE(chains.size() == 1);
  check_certificates(*chains[0].second, *all(stream, "sslv2_server_hello").at(0));
}

TEST_CASE("alerts that tshark cannot tell in TLS 1.3 are inferred, and its key log shows them") {
  const fs::path path = folder / "ssldump-tls13-keyupdate.pcap";
  std::vector<Side> inferred;
  const DecodedCapture without_keys = decode_capture(path);
  for (const auto& [from, alert] : all<parser::Alert>(without_keys.connections.at(0))) {
    CHECK(alert.inferred);
    inferred.push_back(from);
  }
  std::vector<Side> decrypted;
  const DecodedCapture with_keys = decode_capture(path, read_keys(path.string() + ".keys"));
  for (const auto& [from, alert] : all<parser::Alert>(with_keys.connections.at(0))) {
    CHECK(alert.description == parser::AlertDescription{0});
    decrypted.push_back(from);
  }
  CHECK(decrypted == std::vector{Side::server, Side::client});
  CHECK(inferred.size() == 2);
}

bool begins_with(const Lines& whole, const Lines& beginning) {
  return beginning.size() <= whole.size() &&
         std::ranges::equal(beginning, std::span{whole}.first(beginning.size()));
}

TEST_CASE("a capture cut at any byte gives the beginning of what the whole one gives") {
  for (const char* name : {"ssldump-tls12.pcap", "ndpi-alerts.pcapng"}) {
    std::ifstream stream(folder / name, std::ios::binary);
    std::string bytes(std::istreambuf_iterator<char>(stream), {});
    const DecodedCapture whole = decode_capture(folder / name);
    for (std::size_t length = 1; length < bytes.size(); ++length) {
      CAPTURE(name, length);
      std::FILE* file = fmemopen(bytes.data(), length, "rb");
      REQUIRE(file);
      DecodedCapture cut;
      try {
        CaptureFile capture{file};
        cut = decode_capture(capture, {});
      } catch (const std::runtime_error& error) {
        CHECK(std::string{error.what()}.size() > 10);
        continue;
      }
      REQUIRE(cut.connections.size() <= whole.connections.size());
      for (std::size_t i = 0; i < cut.connections.size(); ++i) {
        for (const Side side : {Side::client, Side::server}) {
          CHECK(begins_with(messages(whole.connections[i], side),
                            messages(cut.connections[i], side)));
        }
      }
    }
  }
}

}  // namespace
}  // namespace legible::capture
