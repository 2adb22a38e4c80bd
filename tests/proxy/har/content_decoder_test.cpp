#include "proxy/har/content_decoder.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "support/bytes.hpp"
#include "support/coded_content.hpp"

namespace legible::proxy {
namespace {

using namespace test;
using State = DecodedContent::State;

const Bytes plain = text("content, content, content");
const Bytes brotli = hex("1b1800f8a54058aa10698a810a6c00");
const Bytes brotli_of_gzip =
    hex("8b0f801f8b08000000000000034bcecf2b49cd2bd15148466300006e29761f1900000003");

TEST_CASE("each coding is undone, whatever the case of its name") {
  const std::pair<std::string, Bytes> coded[] = {{"gzip", gzipped(plain)},
                                                 {"x-GZip", gzipped(plain)},
                                                 {"deflate", deflated(plain, 15)},
                                                 {"br", brotli},
                                                 {"deflate", deflated(plain, -15)},
                                                 {"Zstd", zstd_coded(plain)},
                                                 {"identity", plain},
                                                 {"", plain},
                                                 {" , ", plain}};
  for (const auto& [coding, content] : coded) {
    CAPTURE(coding);
    const DecodedContent decoded = decode_content(coding, content);
    CHECK(decoded.bytes == plain);
    CHECK(decoded.state == State::whole);
  }
}

TEST_CASE("the members of a gzip file are one content, and so are frames of zstd") {
  CHECK(decode_content("gzip", concat({gzipped(plain), gzipped(plain)})).bytes ==
        concat({plain, plain}));
  CHECK(decode_content("zstd", concat({zstd_coded(plain), zstd_coded(plain)})).bytes ==
        concat({plain, plain}));
}

TEST_CASE("codings are undone from the last to the first") {
  CHECK(decode_content("gzip, br", brotli_of_gzip).bytes == plain);
  CHECK(decode_content("deflate,zstd", zstd_coded(deflated(plain, 15))).bytes == plain);
  CHECK(decode_content("br, gzip", brotli_of_gzip).state == State::corrupt);
}

TEST_CASE("content that ends too early is shown as far as it goes") {
  Bytes long_text;
  for (int i = 0; i < 3000; ++i) long_text.push_back(static_cast<std::uint8_t>('a' + i * i % 17));
  const std::pair<const char*, Bytes> coded[] = {{"gzip", gzipped(long_text)},
                                                 {"deflate", deflated(long_text, 15)},
                                                 {"deflate", deflated(long_text, -15)},
                                                 {"br", brotli},
                                                 {"zstd", zstd_coded(long_text)}};
  for (const auto& [coding, content] : coded) {
    CAPTURE(coding);
    for (std::size_t size = 1; size < content.size(); ++size) {
      const DecodedContent decoded = decode_content(coding, std::span(content).first(size));
      CHECK(decoded.state == State::incomplete);
    }
  }
}

TEST_CASE("a bomb is cut at a size, and at a ratio") {
  const Bytes zeros(8 << 20, 0);
  for (const auto& [coding, content] :
       {std::pair("gzip", gzipped(zeros)), std::pair("zstd", zstd_coded(zeros)),
        std::pair("deflate", deflated(zeros, -15)),
        std::pair("gzip, gzip", gzipped(gzipped(zeros))),
        std::pair("gzip,gzip,gzip", gzipped(gzipped(gzipped(zeros))))}) {
    CAPTURE(coding);
    const DecodedContent decoded = decode_content(coding, content);
    CHECK(decoded.state == State::cut);
    CHECK(decoded.bytes.size() <= std::min<std::size_t>(1 << 20, 100 * content.size()));
  }
  CHECK(decode_content("gzip", gzipped(plain), {plain.size(), 100, 4}).state == State::whole);
  CHECK(decode_content("gzip", gzipped(plain), {plain.size() - 1, 100, 4}).state == State::cut);
}

TEST_CASE("what cannot be undone is said") {
  CHECK(decode_content("compress", plain).state == State::unknown);
  CHECK(decode_content("compress, gzip", gzipped(plain)).state == State::unknown);
  CHECK(decode_content("gzip,gzip,gzip,gzip,gzip", plain).state == State::unknown);
  for (const char* coding : {"gzip", "deflate", "zstd"}) {
    CHECK(decode_content(coding, plain).state == State::corrupt);
  }
  Bytes broken = gzipped(plain);
  broken[broken.size() - 6] ^= 1;  // the checksum
  const DecodedContent decoded = decode_content("gzip", broken);
  CHECK(decoded.state == State::corrupt);
  CHECK(decoded.bytes == plain);
  CHECK(decode_content("gzip", {}).state == State::whole);
}

}  // namespace
}  // namespace legible::proxy
