#include "proxy/capture/pcapng_secrets.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "support/pcapng_builder.hpp"

namespace legible::capture {
namespace {

using Writer = test::PcapngBuilder;

std::string read(std::string bytes) {
  return read_pcapng_secrets(Stream{fmemopen(bytes.data(), bytes.size(), "rb")});
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

TEST_CASE("a file cut anywhere gives the secrets that were whole") {
  const Writer writer{true};
  const std::string file = writer.section() + writer.key_log("first") + writer.key_log("second");
  for (std::size_t length = 1; length < file.size(); ++length) {
    CHECK(std::string{"first\nsecond\n"}.starts_with(read(file.substr(0, length))));
  }
}

TEST_CASE("what is no pcapng has no secrets") {
  const Writer writer{false};
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
