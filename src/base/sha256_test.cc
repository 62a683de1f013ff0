// Goal: the hash is SHA-256, for every length of the last block.
// Method: the examples of FIPS 180-4, and a chain over all lengths whose end was
// computed with Python's hashlib.
#include "base/sha256.h"

#include <gtest/gtest.h>

namespace plimsoll {
namespace {

TEST(Sha256Test, the_examples_of_the_standard) {
  EXPECT_EQ(to_hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(to_hex(sha256(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256Test, every_length_of_a_last_block) {
  std::string chain;
  for (std::size_t n = 0; n < 200; ++n) chain += to_hex(sha256(std::string(n, 'x')));
  EXPECT_EQ(to_hex(sha256(chain)),
            "f61ffcc417e1f0e59eba2da7fa32fbe05b64e478b68c6bacf990455f00248b98");
}

TEST(Sha256Test, hashes_are_the_same_only_when_every_byte_is) {
  const Sha256 hash = sha256("a");
  EXPECT_TRUE(same_hash(hash, sha256("a")));
  for (std::size_t i = 0; i < hash.size(); ++i) {
    Sha256 other = hash;
    other[i] ^= 1U;
    EXPECT_FALSE(same_hash(hash, other));
  }
}

}  // namespace
}  // namespace plimsoll
