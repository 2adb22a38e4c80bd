// make_certificates DIR: the certificates that the end-to-end tests give to real peers.
//
// Writes NAME.crt (the leaf), NAME.key, NAME.ints (its intermediates, perhaps empty), NAME.pem
// (leaf, intermediates and key in one) and the roots' .crt.

#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "certs/certificate_profile.hpp"
#include "certs/issuer.hpp"

namespace {

using namespace legible::certs;
using std::chrono::days;

Validity around_now(days since, days until) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return {now - since, now + until};
}

const Validity in_date = around_now(days{2}, days{60});
const Validity past = around_now(days{90}, days{-30});
const Validity future = around_now(days{-30}, days{90});

using Chain = std::vector<const CertifiedKey*>;

class Folder {
 public:
  explicit Folder(std::filesystem::path path) : path_(std::move(path)) {
    std::filesystem::create_directories(path_);
  }

  void write(const std::string& name, std::string_view text) const {
    std::ofstream file{path_ / name};
    if (!(file << text)) throw std::runtime_error("cannot write " + (path_ / name).string());
  }

  void write_identity(const std::string& name, const CertifiedKey& leaf,
                      const Chain& intermediates) const {
    std::string sent;
    for (const CertifiedKey* issuer : intermediates) sent += issuer->certificate_pem();
    write(name + ".crt", leaf.certificate_pem());
    write(name + ".key", leaf.key.pem());
    write(name + ".ints", sent);
    write(name + ".pem", leaf.certificate_pem() + sent + leaf.key.pem());
  }

 private:
  std::filesystem::path path_;
};

// RSA keys are slow to make: all leaves share one, and say different things with it.
const PrivateKey& rsa() {
  static const PrivateKey key = PrivateKey::generate(KeyType::rsa_2048);
  return key;
}

PrivateKey p256() { return PrivateKey::generate(KeyType::p256); }

const std::vector<std::string> names{"localhost", "a.test", "127.0.0.1"};

CertificateProfile server(std::string_view cn, Validity validity = in_date) {
  return server_profile("CN=" + std::string{cn}, validity, names);
}

CertificateProfile client(std::string_view cn, Validity validity = in_date) {
  return client_profile("O=Client Org, CN=" + std::string{cn}, validity);
}

CertificateProfile changed(CertificateProfile profile,
                           const std::function<void(CertificateProfile&)>& change) {
  change(profile);
  return profile;
}

void write_servers(const Folder& out, const CertifiedKey& root, const CertifiedKey& root2,
                   const CertifiedKey& inter) {
  const auto under_inter = [&](const std::string& name, const CertificateProfile& profile) {
    out.write_identity(name, issue(profile, rsa(), inter), {&inter});
  };
  under_inter("good", server("good"));
  under_inter("expired", server("expired", past));
  under_inter("notyet", server("notyet", future));
  under_inter("wronghost", changed(server("wronghost"), [](CertificateProfile& profile) {
                profile.sans = {host_name("www.wrong.test")};
              }));
  under_inter("wrongeku", changed(server("wrongeku"), [](CertificateProfile& profile) {
                profile.extended_key_usage = {"clientAuth"};
              }));
  under_inter("sha1", changed(server("sha1"), [](CertificateProfile& profile) {
                profile.hash = SignatureHash::sha1;
              }));
  under_inter("muststaple", changed(server("muststaple"), [](CertificateProfile& profile) {
                profile.must_staple = true;
              }));
  under_inter("v1leaf", changed(server("localhost"),
                                [](CertificateProfile& profile) { profile.version = 1; }));
  under_inter("sans120", changed(server("sans120"), [](CertificateProfile& profile) {
                const std::vector<SubjectAltName> last = std::exchange(profile.sans, {});
                for (int i = 0; i < 117; ++i) {
                  profile.sans.push_back(host_name("host" + std::to_string(i) + ".test"));
                }
                profile.sans.insert(profile.sans.end(), last.begin(), last.end());
              }));
  out.write_identity("good_ec", issue(server("good_ec"), p256(), inter), {&inter});
  out.write_identity("weak", issue(server("weak"), PrivateKey::generate(KeyType::rsa_1024), inter),
                     {&inter});
  out.write_identity("nochain", issue(server("nochain"), rsa(), inter), {});
  out.write_identity("selfs", self_sign(server("selfs"), rsa()), {});
  out.write_identity("unkca", issue(server("unkca"), rsa(), root2), {});

  const CertifiedKey revoked = issue(server("revoked"), rsa(), inter);
  out.write_identity("revoked", revoked, {&inter});
  const std::vector<std::vector<std::uint8_t>> serials{revoked.certificate.serial};
  out.write("inter.crl",
            crl_pem(issue_crl(inter, serials, in_date)) + crl_pem(issue_crl(root, {}, in_date)));

  const CertifiedKey v1_ca =
      issue(changed(ca_profile("CN=Version 1 CA", in_date),
                    [](CertificateProfile& profile) { profile.version = 1; }),
            p256(), root);
  out.write_identity("underv1", issue(server("underv1"), rsa(), v1_ca), {&v1_ca});

  const CertifiedKey bound_ca =
      issue(changed(ca_profile("CN=Bound CA", in_date),
                    [](CertificateProfile& profile) {
                      const std::vector permitted{host_name("elsewhere.test")};
                      profile.extensions = {name_constraints(permitted, {})};
                    }),
            p256(), root);
  out.write_identity("constrained", issue(server("constrained"), rsa(), bound_ca), {&bound_ca});

  const CertifiedKey expired_ca = issue(ca_profile("CN=Expired CA", past), p256(), root);
  out.write_identity("expca", issue(server("expca"), rsa(), expired_ca), {&expired_ca});
}

void write_chain(const Folder& out, const std::string& name, const CertifiedKey& root, int length) {
  std::vector<CertifiedKey> authorities;
  const CertifiedKey* issuer = &root;
  authorities.reserve(static_cast<std::size_t>(length));
  for (int depth = 1; depth <= length; ++depth) {
    const std::string subject = "CN=Chain CA " + std::to_string(depth);
    authorities.push_back(issue(ca_profile(subject, in_date), p256(), *issuer));
    issuer = &authorities.back();
  }
  Chain sent;
  for (const CertifiedKey& authority : std::views::reverse(authorities)) {
    sent.push_back(&authority);
  }
  out.write_identity(name, issue(server(name), rsa(), *issuer), sent);
}

void write_clients(const Folder& out, const CertifiedKey& root2, const CertifiedKey& inter) {
  out.write_identity("client", issue(client("client"), rsa(), inter), {&inter});
  out.write_identity("client_exp", issue(client("client_exp", past), rsa(), inter), {&inter});
  out.write_identity("client_seku",
                     issue(changed(client("client_seku"),
                                   [](CertificateProfile& profile) {
                                     profile.extended_key_usage = {"serverAuth"};
                                   }),
                           rsa(), inter),
                     {&inter});
  out.write_identity("client_ec", issue(client("client_ec"), p256(), inter), {&inter});
  out.write_identity("client_nochain", issue(client("client_nochain"), rsa(), inter), {});
  out.write_identity("client_selfs", self_sign(client("client_selfs"), rsa()), {});
  out.write_identity("client_unk", issue(client("client_unk"), rsa(), root2), {});
}

void write_all(const std::filesystem::path& path) {
  const Folder out{path};
  const auto new_rsa = [] { return PrivateKey::generate(KeyType::rsa_2048); };
  const CertifiedKey root = self_sign(ca_profile("O=End to End, CN=Root", in_date), new_rsa());
  const CertifiedKey root2 = self_sign(ca_profile("O=Foreign, CN=Root 2", in_date), new_rsa());
  const CertifiedKey inter =
      issue(ca_profile("O=End to End, CN=Issuing CA", in_date, 0), new_rsa(), root);
  out.write("root.crt", root.certificate_pem());
  out.write("root2.crt", root2.certificate_pem());
  out.write("inter.crt", inter.certificate_pem());
  write_servers(out, root, root2, inter);
  write_chain(out, "longchain", root, 12);
  write_chain(out, "fourints", root, 4);
  write_clients(out, root2, inter);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: make_certificates DIR\n", stderr);
    return 2;
  }
  try {
    write_all(argv[1]);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "make_certificates: %s\n", error.what());
    return 1;
  }
}
