//! The list of tests that `suite!` expands to; a test keeps it equal to the contract.

/// One `#[test]` per requirement; used by `suite!`.
#[doc(hidden)]
#[macro_export]
macro_rules! __each_requirement {
    () => {
        $crate::__tests! {
            sub_001 "SUB-001",
            sub_002 "SUB-002",
            sub_005 "SUB-005",
            sub_006 "SUB-006",
            sub_007 "SUB-007",
            sub_008 "SUB-008",
            sub_009 "SUB-009",
            sub_010 "SUB-010",
            sub_031 "SUB-031",
            sub_032 "SUB-032",
            fut_001 "FUT-001",
            fut_002 "FUT-002",
            fut_003 "FUT-003",
            fut_031 "FUT-031",
            fut_032 "FUT-032",
            fut_033 "FUT-033",
            res_001 "RES-001",
            res_002 "RES-002",
            res_003 "RES-003",
            res_004 "RES-004",
            res_005 "RES-005",
            res_006 "RES-006",
            res_031 "RES-031",
            res_032 "RES-032",
            map_001 "MAP-001",
            map_002 "MAP-002",
            map_003 "MAP-003",
            map_004 "MAP-004",
            map_005 "MAP-005",
            map_006 "MAP-006",
            map_007 "MAP-007",
            map_008 "MAP-008",
            map_009 "MAP-009",
            map_010 "MAP-010",
            map_011 "MAP-011",
            map_014 "MAP-014",
            map_015 "MAP-015",
            map_016 "MAP-016",
            map_017 "MAP-017",
            map_018 "MAP-018",
            map_019 "MAP-019",
            map_020 "MAP-020",
            map_021 "MAP-021",
            map_031 "MAP-031",
            map_032 "MAP-032",
            comp_001 "COMP-001",
            comp_002 "COMP-002",
            comp_003 "COMP-003",
            comp_004 "COMP-004",
            comp_005 "COMP-005",
            comp_006 "COMP-006",
            comp_007 "COMP-007",
            comp_008 "COMP-008",
            comp_011 "COMP-011",
            comp_012 "COMP-012",
            comp_031 "COMP-031",
            comp_032 "COMP-032",
            wait_001 "WAIT-001",
            wait_002 "WAIT-002",
            wait_003 "WAIT-003",
            wait_004 "WAIT-004",
            wait_005 "WAIT-005",
            wait_006 "WAIT-006",
            wait_007 "WAIT-007",
            wait_008 "WAIT-008",
            wait_011 "WAIT-011",
            wait_031 "WAIT-031",
            wait_032 "WAIT-032",
            wait_033 "WAIT-033",
            wait_034 "WAIT-034",
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
