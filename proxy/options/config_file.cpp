#include "proxy/options/config_file.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <utility>

namespace legible::proxy {
namespace {

using Type = ConfigValue::Type;

std::size_t line_of(const toml::source_position& position) { return position.line; }

/// toml++ sorts a table's keys; a configuration's order counts.
std::vector<std::pair<const toml::key*, const toml::node*>> in_file_order(
    const toml::table& table) {
  std::vector<std::pair<const toml::key*, const toml::node*>> entries;
  for (const auto& [key, node] : table) entries.emplace_back(&key, &node);
  std::ranges::stable_sort(entries, {}, [](const auto& entry) {
    const toml::source_position& at = entry.first->source().begin;
    return std::pair(at.line, at.column);
  });
  return entries;
}

ConfigValue value_of(const toml::node& node) {
  if (const auto* text = node.as_string()) return {Type::text, text->get()};
  if (const auto* number = node.as_integer()) return {Type::integer, std::to_string(number->get())};
  if (const auto* flag = node.as_boolean()) return {Type::boolean, flag->get() ? "true" : "false"};
  return {};
}

class Reader {
 public:
  explicit Reader(std::vector<ConfigError>& errors) : errors_(errors) {}

  ConfigFile read(const toml::table& root) {
    ConfigFile file;
    for (const auto& [key, node] : in_file_order(root)) {
      const std::size_t line = line_of(key->source().begin);
      if (*key == "listener") {
        read_listeners(*node, line, file);
      } else if (*key == "host") {
        read_hosts(*node, line, file);
      } else if (*key == "hosts") {
        if (const auto* table = table_in(*node, line, "[hosts]: names and addresses")) {
          file.addresses = read_table({}, line, *table);
        }
      } else if (node->is_table() || node->is_array_of_tables()) {
        refuse(line, fmt::format("there is no table '{}': only [[listener]], [host.\"PATTERN\"] "
                                 "and [hosts]",
                                 key->str()));
      } else {
        add_entry(file.general, *key, *node);
      }
    }
    return file;
  }

 private:
  void refuse(std::size_t line, std::string message) {
    errors_.push_back({line, std::move(message)});
  }

  const toml::table* table_in(const toml::node& node, std::size_t line, std::string_view wanted) {
    const toml::table* table = node.as_table();
    if (table == nullptr) refuse(line, fmt::format("a table is needed, {}", wanted));
    return table;
  }

  void read_listeners(const toml::node& node, std::size_t line, ConfigFile& file) {
    const toml::array* array = node.as_array();
    if (array == nullptr || !node.is_array_of_tables()) {
      return refuse(line, "a listener is a table of its own: [[listener]]");
    }
    for (const toml::node& each : *array) {
      file.listeners.push_back(read_table({}, line_of(each.source().begin), *each.as_table()));
    }
  }

  void read_hosts(const toml::node& node, std::size_t line, ConfigFile& file) {
    const toml::table* hosts = table_in(node, line, "[host.\"PATTERN\"]");
    if (hosts == nullptr) return;
    for (const auto& [pattern, settings] : in_file_order(*hosts)) {
      const std::size_t at = line_of(pattern->source().begin);
      const toml::table* table = table_in(*settings, at, "[host.\"PATTERN\"]");
      if (table == nullptr) continue;
      file.hosts.push_back(read_table(std::string(pattern->str()), at, *table));
    }
  }

  ConfigTable read_table(std::string name, std::size_t line, const toml::table& table) {
    ConfigTable result{std::move(name), line, {}};
    for (const auto& [key, node] : in_file_order(table)) add_entry(result, *key, *node);
    return result;
  }

  void add_entry(ConfigTable& table, const toml::key& key, const toml::node& node) {
    const std::size_t line = line_of(key.source().begin);
    std::string name(key.str());
    std::ranges::replace(name, '_', '-');
    if (std::ranges::find(table.entries, name, &ConfigEntry::key) != table.entries.end()) {
      return refuse(line, fmt::format("{} is given twice", name));
    }
    if (node.is_table()) {
      // An unquoted pattern becomes tables within tables.
      return refuse(line, fmt::format("'{}' is no table here; a name with dots needs quotation "
                                      "marks: [host.\"a.example\"]",
                                      key.str()));
    }
    ConfigEntry entry{std::move(name), line, node.is_array(), {}};
    if (const toml::array* list = node.as_array()) {
      for (const toml::node& each : *list) entry.values.push_back(value_of(each));
    } else {
      entry.values.push_back(value_of(node));
    }
    table.entries.push_back(std::move(entry));
  }

  std::vector<ConfigError>& errors_;
};

}  // namespace

ConfigFile read_config(std::string_view text, std::string path, std::vector<ConfigError>& errors) {
  ConfigFile file;
  try {
    const toml::table root = toml::parse(text);
    file = Reader(errors).read(root);
  } catch (const toml::parse_error& error) {
    errors.push_back({line_of(error.source().begin), std::string(error.description())});
  }
  file.path = std::move(path);
  return file;
}

std::string config_error_text(const std::string& path, const ConfigError& error) {
  if (error.line == 0) return fmt::format("{}: {}", path, error.message);
  return fmt::format("{}:{}: {}", path, error.line, error.message);
}

}  // namespace legible::proxy
