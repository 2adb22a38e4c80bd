// A log that anybody wrote: each line is an event or foreign, and what is said of them is harmless.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "proxy/commands/summary.hpp"
#include "proxy/text/escape.hpp"

using namespace legible::proxy;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view log(reinterpret_cast<const char*>(data), size);
  SummaryBuilder builder;
  while (!log.empty()) {
    const std::size_t end = std::min(log.find('\n'), log.size());
    builder.add(log.substr(0, end));
    log.remove_prefix(std::min(end + 1, log.size()));
  }
  const Summary summary = builder.finish();
  if (summary.foreign_lines > summary.lines || summary.failed > summary.connections) std::abort();
  std::string json = summary_json(summary);
  json.pop_back();
  if (escape_again(json) != json) std::abort();
  return 0;
}
