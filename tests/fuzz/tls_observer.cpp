// Any conversation of two sides: observations are bounded, and the same when every byte comes
// alone.
//
// The input is a list of steps: a byte that says side (bit 7) and what happens (bits 6 and 5:
// bytes, bytes, a gap, an end), a byte of length, and for bytes as many of them.

#include "parser/tls_observer.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "parser/connection_observer.hpp"
#include "support/observation_recorder.hpp"

using namespace legible::parser;

namespace {

struct Limited : Limits {
  Limited() {
    client_hello_bytes = 2048;  // small, so that inputs of a few kilobytes reach them
    handshake_message_bytes = 2048;
    observations = 64;
    encrypted_records = 8;
    certificates = 4;
    authorities = 4;
  }
};

std::vector<std::string> observe(std::span<const std::uint8_t> steps, bool byte_by_byte) {
  legible::test::ObservationRecorder recorder;
  const Limited limits;
  TlsObserver observer(recorder, limits);
  while (steps.size() >= 2) {
    const Side side = (steps[0] & 0x80) != 0 ? Side::server : Side::client;
    const int action = steps[0] >> 5 & 3;
    const std::size_t length = steps[1];
    steps = steps.subspan(2);
    if (action == 2) {
      observer.gap(side, length + 1);
    } else if (action == 3) {
      observer.end(side, StreamEnd::fin);
    } else {
      const auto bytes = steps.first(std::min(length, steps.size()));
      steps = steps.subspan(bytes.size());
      if (!byte_by_byte) observer.feed(side, bytes);
      for (std::size_t i = 0; byte_by_byte && i < bytes.size(); ++i) {
        observer.feed(side, bytes.subspan(i, 1));
      }
    }
  }
  observer.end(Side::client, StreamEnd::fin);
  observer.end(Side::server, StreamEnd::rst);
  if (recorder.entries.size() > limits.observations + 1) std::abort();
  return recorder.lines();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> steps(data, size);
  if (observe(steps, false) != observe(steps, true)) std::abort();
  return 0;
}
