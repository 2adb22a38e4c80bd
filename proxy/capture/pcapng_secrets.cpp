#include "proxy/capture/pcapng_secrets.hpp"

#include <utility>

#include "proxy/capture/pcapng_blocks.hpp"

namespace legible::capture {

std::string read_pcapng_secrets(Stream file) {
  constexpr std::uint32_t tls_key_log = 0x544c534b;
  constexpr std::size_t head = 8;  // type of the secrets, their length
  PcapngBlocks blocks{std::move(file)};
  std::string secrets;
  while (const auto type = blocks.next()) {
    if (*type != pcapng_block::decryption_secrets) continue;
    const auto body = blocks.body();
    if (!body) break;
    if (!body->has(head) || body->u32(0) != tls_key_log) continue;
    const std::size_t length = body->u32(4);
    if (!body->has(head + length) || secrets.size() + length > max_embedded_secrets) break;
    const Bytes text = body->bytes.subspan(head, length);
    secrets.append(text.begin(), text.end()).push_back('\n');
  }
  return secrets;
}

}  // namespace legible::capture
