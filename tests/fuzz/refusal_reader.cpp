// Any bytes as what a server says in a protocol of lines, in any split: the same is kept, and it
// stays bounded. The first byte is the size of the pieces.

#include "parser/refusal_reader.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>

using namespace legible::parser;

namespace {

Shared<Refusals> read(std::span<const std::uint8_t> bytes, std::size_t piece) {
  RefusalReader reader;
  while (!bytes.empty()) {
    const auto next = bytes.first(std::min(piece, bytes.size()));
    if (!reader.stopped()) reader.feed(next);
    bytes = bytes.subspan(next.size());
  }
  return reader.refusals();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::span<const std::uint8_t> said(data + 1, size - 1);
  const auto whole = read(said, said.size());
  const auto cut = read(said, data[0] + std::size_t{1});
  if ((whole == nullptr) != (cut == nullptr)) std::abort();
  if (!whole) return 0;
  const auto too_long = [](const std::string& reply) {
    return reply.size() > RefusalReader::kept_bytes;
  };
  if (whole->protocol != cut->protocol || whole->replies != cut->replies ||
      whole->replies.size() > RefusalReader::kept_replies ||
      std::ranges::any_of(whole->replies, too_long)) {
    std::abort();
  }
  return 0;
}
