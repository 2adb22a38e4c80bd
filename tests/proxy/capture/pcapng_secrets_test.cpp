#include "proxy/capture/pcapng_secrets.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <sstream>
#include <string>

namespace legible::capture {
namespace {

/// Writes blocks in one byte order.
class Writer {
 public:
  explicit Writer(bool big_endian) : big_endian_(big_endian) {}

  std::string u32(std::uint32_t value) const {
    std::string text;
    for (int shift = 0; shift < 32; shift += 8) text += static_cast<char>(value >> shift & 0xff);
    if (big_endian_) std::ranges::reverse(text);
    return text;
  }
  std::string block(std::uint32_t type, std::string body) const {
    while (body.size() % 4 != 0) body += '\0';
    const std::string length = u32(static_cast<std::uint32_t>(body.size() + 12));
    return u32(type) + length + body + length;
  }
  std::string section() const {
    return block(0x0a0d0d0a, u32(0x1a2b3c4d) + u32(1) + u32(0xffffffff) + u32(0xffffffff));
  }
  std::string secrets(std::uint32_t kind, const std::string& text) const {
    return block(10, u32(kind) + u32(static_cast<std::uint32_t>(text.size())) + text);
  }
  std::string key_log(const std::string& text) const { return secrets(0x544c534b, text); }

 private:
  bool big_endian_;
};

std::string read(const std::string& bytes) {
  std::istringstream file{bytes};
  return read_pcapng_secrets(file);
}

TEST_CASE("secrets are found in every section, in either byte order") {
  const Writer little{false};
  const Writer big{true};
  const std::string file = little.section() + little.block(1, "interface") +
                           little.key_log("CLIENT_RANDOM one") + little.block(6, "a packet") +
                           big.section() + big.secrets(0x57474b4c, "wireguard") +
                           big.key_log("CLIENT_RANDOM two");
  CHECK(read(file) == "CLIENT_RANDOM one\nCLIENT_RANDOM two\n");
}

TEST_CASE("a file cut anywhere gives the secrets that were whole, or a prefix") {
  const Writer writer{true};
  const std::string file = writer.section() + writer.key_log("first") + writer.key_log("second");
  for (std::size_t length = 0; length < file.size(); ++length) {
    CHECK(std::string{"first\nsecond\n"}.starts_with(read(file.substr(0, length))));
  }
}

TEST_CASE("what is no pcapng has no secrets") {
  const Writer writer{false};
  CHECK(read("").empty());
  CHECK(read("\xd4\xc3\xb2\xa1 a pcap file").empty());
  CHECK(read(writer.key_log("outside of any section")).empty());
}

TEST_CASE("a length that lies ends the walk") {
  const Writer writer{false};
  const std::string lying = writer.u32(10) + writer.u32(24) + writer.u32(0x544c534b) +
                            writer.u32(0xfffffff0) + "text" + writer.u32(24);
  CHECK(read(writer.section() + writer.key_log("good") + lying) == "good\n");
  CHECK(read(writer.section() + writer.u32(6) + writer.u32(3)).empty());
}

}  // namespace
}  // namespace legible::capture
