// A whole connection, both sides, in any split: the same observations, and no more of them than
// there may be.
//
// The input is a list of turns: a byte that says what happens (its lowest bit: the side), for bytes
// and gaps a length of two bytes, for bytes the bytes.

#include "parser/connection_observer.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "support/observation_recorder.hpp"

using namespace legible::parser;

namespace {

using Bytes = std::span<const std::uint8_t>;

std::vector<std::string> observe(Bytes input, std::size_t piece) {
  constexpr std::uint8_t gap_below = 16;
  constexpr std::uint8_t end_below = 24;
  legible::test::ObservationRecorder recorder;
  ConnectionObserver observer(recorder, Limits{});
  std::array<bool, 2> ended{};
  while (input.size() >= 3) {
    const std::uint8_t what = input[0];
    const Side from = (what & 1) == 0 ? Side::client : Side::server;
    const std::size_t length = static_cast<std::size_t>(input[1] << 8 | input[2]);
    input = input.subspan(3);
    bool& over = ended[static_cast<std::size_t>(from)];
    if (what < gap_below) {
      if (!over && length > 0) observer.gap(from, length);
    } else if (what < end_below) {
      observer.end(from, static_cast<StreamEnd>(length % 4));
      over = true;
    } else {
      const Bytes bytes = input.first(std::min(length, input.size()));
      input = input.subspan(bytes.size());
      for (std::size_t at = 0; at < bytes.size() && !over; at += piece) {
        observer.feed(from, bytes.subspan(at, std::min(piece, bytes.size() - at)));
      }
    }
  }
  observer.end(Side::client, StreamEnd::fin);
  observer.end(Side::server, StreamEnd::rst);
  return recorder.lines();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input(data, size);
  const std::vector<std::string> whole = observe(input, std::max<std::size_t>(size, 1));
  constexpr std::size_t beside_tls = 64;
  if (whole.size() > Limits{}.observations + beside_tls) std::abort();
  if (observe(input, 1) != whole) std::abort();
  if (observe(input, 11) != whole) std::abort();
  return 0;
}
