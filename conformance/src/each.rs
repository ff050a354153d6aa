//! The list of tests that `suite!` expands to; a test keeps it equal to the contract.

/// One `#[test]` per requirement; used by `suite!`.
#[doc(hidden)]
#[macro_export]
macro_rules! __each_requirement {
    () => {
        $crate::__tests! {
            sub_001 "SUB-001",
            map_001 "MAP-001",
            shut_002 "SHUT-002",
            work_002 "WORK-002",
            prog_001 "PROG-001",
            prog_002 "PROG-002",
            prog_003 "PROG-003",
            prog_004 "PROG-004",
        }
    };
}

/// Expands to the tests of a list.
#[doc(hidden)]
#[macro_export]
macro_rules! __tests {
    ($($test:ident $id:literal,)*) => {
        $(
            #[test]
            fn $test() {
                $crate::__private::test($id, concat!(module_path!(), "::", stringify!($test)), subject);
            }
        )*
        #[doc(hidden)]
        #[allow(dead_code)]
        pub(super) const IDS: &[&str] = &[$($id,)*];
    };
}
