#include "proxy/capture/key_log.hpp"

#include <algorithm>
#include <limits>
#include <optional>

namespace legible::capture {
namespace {

/// Takes the next word off a line.
std::string_view take_word(std::string_view& line) {
  const std::size_t end = std::min(line.find_first_of(" \t\r"), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end);
  line.remove_prefix(std::min(line.find_first_not_of(" \t\r"), line.size()));
  return word;
}

std::optional<std::uint8_t> digit(char letter) {
  if (letter >= '0' && letter <= '9') return static_cast<std::uint8_t>(letter - '0');
  if (letter >= 'a' && letter <= 'f') return static_cast<std::uint8_t>(letter - 'a' + 10);
  if (letter >= 'A' && letter <= 'F') return static_cast<std::uint8_t>(letter - 'A' + 10);
  return std::nullopt;
}

/// Decodes hex into the front of `bytes`; the number of bytes, or nothing when it is no hex or
/// does not fit.
std::optional<std::size_t> decode_hex(std::string_view hex, std::span<std::uint8_t> bytes) {
  if (hex.size() % 2 != 0 || hex.size() / 2 > bytes.size()) return std::nullopt;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const auto high = digit(hex[i]);
    const auto low = digit(hex[i + 1]);
    if (!high || !low) return std::nullopt;
    bytes[i / 2] = static_cast<std::uint8_t>(*high << 4 | *low);
  }
  return hex.size() / 2;
}

}  // namespace

std::size_t KeyLog::Hash::operator()(const std::array<std::uint8_t, 32>& bytes) const {
  return std::hash<std::string_view>{}({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

void KeyLog::read(std::istream& text) {
  std::array<char, longest_line + 1> line{};
  while (text.getline(line.data(), line.size()) || text.gcount() > 0) {
    if (text.fail() && !text.eof()) {
      text.clear();
      text.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
      continue;
    }
    add_line(line.data());
  }
}

void KeyLog::add_line(std::string_view line) {
  const std::string_view name = take_word(line);
  if (name == "RSA") {
    add_session(line);
    return;
  }
  const auto label = std::ranges::find(secret_labels, name, &SecretLabel::name);
  if (label == secret_labels.end()) return;

  ClientRandom random{};
  std::array<std::uint8_t, Secret::longest> secret{};
  const auto random_size = decode_hex(take_word(line), random);
  const auto secret_size = decode_hex(take_word(line), secret);
  if (random_size != random.size() || secret_size.value_or(0) == 0) return;
  auto known = connections_.find(random);
  if (known == connections_.end()) {
    if (size() >= max_connections) return;
    known = connections_.try_emplace(random).first;
  }
  (known->second.*label->secret).assign(std::span{secret}.first(*secret_size));
}

void KeyLog::add_session(std::string_view line) {
  constexpr std::string_view id_label = "Session-ID:";
  constexpr std::string_view secret_label = "Master-Key:";
  std::string_view id_word = take_word(line);
  std::string_view secret_word = take_word(line);
  if (!id_word.starts_with(id_label) || !secret_word.starts_with(secret_label)) return;
  id_word.remove_prefix(id_label.size());
  secret_word.remove_prefix(secret_label.size());

  SessionId id{};
  std::array<std::uint8_t, Secret::longest> secret{};
  const auto id_size = decode_hex(id_word, id);
  const auto secret_size = decode_hex(secret_word, secret);
  if (id_size.value_or(0) == 0 || secret_size.value_or(0) == 0) return;
  if (size() < max_connections) sessions_[id].assign(std::span{secret}.first(*secret_size));
}

const ConnectionSecrets* KeyLog::find(const ClientRandom& random) const {
  const auto known = connections_.find(random);
  return known == connections_.end() ? nullptr : &known->second;
}

const Secret* KeyLog::find_session(const SessionId& id) const {
  const auto known = sessions_.find(id);
  return known == sessions_.end() ? nullptr : &known->second;
}

}  // namespace legible::capture
