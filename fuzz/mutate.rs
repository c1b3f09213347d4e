//! Inputs that are nearly right.

/// splitmix64
pub struct Random(u64);

impl Random {
    /// Equal for the same case of a target.
    pub fn new(target: &str, case: u64) -> Random {
        let seed = target.bytes().fold(case, |seed, byte| seed.wrapping_mul(31).wrapping_add(byte.into()));
        Random(seed.wrapping_mul(0x2545_F491_4F6C_DD1D))
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    pub fn one<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// Numbers at which readers break.
const NUMBERS: [i64; 16] = [
    0,
    1,
    -1,
    2,
    127,
    128,
    255,
    65_535,
    32_768,
    i32::MAX as i64,
    i32::MIN as i64,
    u32::MAX as i64,
    1 << 30,
    i64::MAX,
    i64::MIN,
    1 << 40,
];

/// Inputs that are right, and what they are made of.
pub struct Mutations {
    pub inputs: Vec<Vec<u8>>,
    /// What else an input may have in it.
    pub words: Vec<Vec<u8>>,
}

impl Mutations {
    pub fn new(inputs: Vec<Vec<u8>>, words: &[&str]) -> Mutations {
        assert!(!inputs.is_empty());
        Mutations { inputs, words: words.iter().map(|word| word.as_bytes().to_vec()).collect() }
    }

    /// One of the inputs, changed here and there; now and then as it is.
    pub fn input(&self, random: &mut Random) -> Vec<u8> {
        let mut input = random.one(&self.inputs).clone();
        for _ in 0..random.below(6) {
            self.change(&mut input, random);
        }
        input
    }

    fn change(&self, input: &mut Vec<u8>, random: &mut Random) {
        let at = random.below(input.len() + 1);
        let to = (at + 1 + random.below(16)).min(input.len()).max(at);
        match random.below(11) {
            0 => drop(input.get_mut(at).map(|byte| *byte ^= 1 << random.below(8))),
            1 => drop(input.get_mut(at).map(|byte| *byte = random.next() as u8)),
            2 => drop(input.splice(at..at, (0..random.below(20)).map(|_| random.next() as u8).collect::<Vec<_>>())),
            3 => drop(input.drain(at..to)),
            4 => drop(input.splice(at..at, input[at..to].to_vec())),
            5 => input.truncate(at),
            6 => self.number(input, at, random),
            7 => {
                let other = random.one(&self.inputs);
                let from = random.below(other.len() + 1);
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
            8 | 9 if !self.words.is_empty() => drop(input.splice(at..at, random.one(&self.words).iter().copied())),
            _ => {
                // something again and again: what is nested, or long
                let piece = match self.words.is_empty() || random.below(3) == 0 {
                    true => input[at..to].to_vec(),
                    false => random.one(&self.words).clone(),
                };
                let times = [10, 200, 3_000][random.below(3)];
                input.splice(at..at, piece.repeat(times));
            }
        }
    }

    /// A number in the place of the bytes there, in any of the ways in which they are written.
    fn number(&self, input: &mut Vec<u8>, at: usize, random: &mut Random) {
        let number = match random.below(3) {
            0 => input.len() as i64 + random.below(3) as i64 - 1,
            _ => *random.one(&NUMBERS),
        };
        let bytes = match random.below(6) {
            0 => (number as i16).to_le_bytes().to_vec(),
            1 => (number as i16).to_be_bytes().to_vec(),
            2 => (number as i32).to_le_bytes().to_vec(),
            3 => (number as i32).to_be_bytes().to_vec(),
            4 => number.to_be_bytes().to_vec(),
            _ => varint(((number << 1) ^ (number >> 63)) as u64),
        };
        let end = (at + bytes.len()).min(input.len());
        input.splice(at..end, bytes);
    }
}

pub fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7f {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}
