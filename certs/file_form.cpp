#include "certs/file_form.hpp"

#include "certs/pkcs12.hpp"

namespace legible::certs {

FileForm form_of(std::string_view file) {
  static constexpr std::string_view java_magic("\xfe\xed\xfe\xed", 4);
  if (is_pkcs12(file)) return FileForm::pkcs12;
  if (file.starts_with(java_magic)) return FileForm::java_keystore;
  if (file.find("-----BEGIN ") != file.npos) return FileForm::pem;
  const bool long_sequence =
      file.size() > 127 && file.front() == '\x30' && (file[1] == '\x81' || file[1] == '\x82');
  return long_sequence ? FileForm::der : FileForm::other;
}

}  // namespace legible::certs
